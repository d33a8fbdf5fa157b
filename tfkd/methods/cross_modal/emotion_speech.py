"""Emotion in speech: a network of faces teaches one of voices.

Equation:  L = b T^2 KL(softmax(m / T) || softmax(z_s(x) / T)) + a L_task ,
           m = max_f z_t(y_f)
Symbols:   x a voice; y_f frame f of the talking face; z_t, z_s
           (batch, emotions) logits; the maximum is over frames, emotion by
           emotion; T = `temperature`; b = `weight`; a = `task_weight`.
Paper:     Albanie, Nagrani, Vedaldi & Zisserman, *Emotion Recognition in
           Speech using Cross-Modal Transfer in the Wild*, ACM Multimedia
           2018, arXiv:1808.05561.
Survey:    Sec 12.2.1, Table 9, ref [8]; the soft term of Eqn 2.
Differs:   confirmed from the authors' code: the maximum of the frames'
           logits, cross-entropy at T = 2, no labels. Cross-entropy and
           divergence have the same gradient. Inferred: the factor T^2;
           `weight=1/4` leaves it out.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import FramesTeacher

CARD = Card(
    key="emotion_speech",
    columns={
        "Uses labels": "N",
        "Source modality": "Video frames",
        "Target modality": "Sound",
        "Number of teachers": "One",
        "On-line": "N",
        "Knowledge": "Logits",
        "Model compression": "N",
    },
    needs=("views",),
    example="""\
frames = np.repeat(images[:, None], 3, axis=1)  # (64, 3, 28, 28, 1)
x = {"student": images, "teacher": frames}
""",
)


def build(
    *,
    teacher,
    student,
    temperature: float = 2.0,
    join: str = "max",
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": voices, "teacher": clips}`,
    clips of shape `(batch, frames, ...)`.

    Args:
        teacher: Classifier of one frame.
        student: Classifier of voices, of the same emotions.
        temperature: T > 0, a number or schedule.
        join: How the frames' logits become one: `"max"` or `"mean"`.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, `join` is unknown, or a
            number is out of range.
    """
    return Distiller(
        student=student,
        teacher=FramesTeacher(teacher, reduce=join),
        distillation_losses=SoftTargets(temperature=temperature, weight=weight),
        student_loss_weight=task_weight,
    )
