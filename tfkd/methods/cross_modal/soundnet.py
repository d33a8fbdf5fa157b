"""SoundNet: networks of images teach one of sound, by unlabelled video.

Equation:  L = sum_k w_k KL(g_k(y) || f_k(x))
Symbols:   x the sound of a video; y its frames; g_k (..., classes) the
           probabilities of teacher k, of objects or of scenes; f_k those of
           the student's head of the same name; w = `weights`. A head's mean
           is over frames, where there are several.
Paper:     Aytar, Vondrick & Torralba, *SoundNet: Learning Sound
           Representations from Unlabeled Video*, NeurIPS 2016,
           arXiv:1610.09001.
Survey:    Sec 12.2.2, Table 9, ref [16]; Eqn 23 without the mean.
Differs:   confirmed in the authors' code: this direction of KL, T = 1, no
           labels, a mean over frames. There the sum over classes is a mean,
           so that the heads of 1000 objects and 401 scenes weigh 1 to 2.5,
           and both together are scaled by 250; here w = 1. Classifiers on
           the student's layers, for which the paper learns them, are trained
           afterwards: `tfkd.taps.extend` opens a layer.
"""

from tfkd.methods.answers_by_head import distiller_by_head
from tfkd.methods.card import Card

CARD = Card(
    key="soundnet",
    columns={
        "Uses labels": "N",
        "Source modality": "RGB frames",
        "Target modality": "Sound",
        "Number of teachers": "Two",
        "On-line": "N",
        "Knowledge": "Logits",
        "Model compression": "N",
    },
    needs=("views",),
    teacher="many",
    example="""\
from tfkd.models import named_heads

heads = {"objects": 10, "scenes": 10}
student = named_heads.build(student, heads)
teachers = {"objects": teacher, "scenes": other}
loss = {name: loss for name in heads}
labels = {name: labels for name in heads}  # They count nothing.
""",
)


def build(
    *,
    teacher,
    student,
    frames: bool = False,
    weights: dict | None = None,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": sound, "teacher": images}`.
    Labels, if there are any, are a dict of the heads' names.

    Args:
        teacher: Dict of a head's name to the classifier that teaches it, such
            as `{"objects": model, "scenes": model}`.
        student: Network of sound with a dict of logits, one a head.
        frames: Whether images are clips `(batch, frames, ...)`, and logits of
            the student `(batch, frames, classes)`: one answer for each frame.
        weights: w, a dict of a head's name to a number >= 0 or schedule; 1
            where absent.
        task_weight: Of the loss that is compiled.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If heads and teachers do not fit, or a number is out of
            range.
    """
    return distiller_by_head(
        "soundnet",
        teacher=teacher,
        student=student,
        frames=frames,
        weights=weights,
        task_weight=task_weight,
    )
