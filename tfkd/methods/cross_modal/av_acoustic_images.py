"""Acoustic images: a camera for sound teaches a network of one microphone.

Equation:  L = (1 - l) H(y, softmax(z_s(x)))
               + l KL(softmax(z_t(v) / T) || softmax(z_s(x)))
Symbols:   x the sound of one microphone; v the same scene as video or as
           acoustic images; z_t, z_s (batch, classes) logits; T =
           `temperature`; l = `imitation`.
Paper:     Perez, Sanguineti, Morerio & Murino, *Audio-Visual Model
           Distillation Using Acoustic Images*, WACV 2020, arXiv:1904.07933.
Survey:    Sec 12.1, Table 9, ref [194]; Eqn 2 with paired inputs.
Differs:   confirmed from the abstract: networks of sound are students of
           teachers of video and of acoustic images, one teacher at a time;
           in their code: generalized distillation, in which the teacher
           alone is softened, l = 1/2, T = 1, and the mean of a teacher's
           logits over a clip's images, here with `frames`. There KL is a
           cross-entropy, of the same gradient.
"""

from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import FramesTeacher

CARD = Card(
    key="av_acoustic_images",
    columns={
        "Uses labels": "Y",
        "Source modality": "RGB video, acoustic images",
        "Target modality": "Audio",
        "Number of teachers": "One",
        "On-line": "N",
        "Knowledge": "Soft labels",
        "Model compression": "N",
    },
    needs=("views",),
)


def build(
    *,
    teacher,
    student,
    imitation: float = 0.5,
    temperature: float = 1.0,
    frames: bool = False,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": sound, "teacher": images}`.

    Args:
        teacher: Classifier of video or of acoustic images.
        student: Classifier of sound, of the same classes.
        imitation: l in [0, 1], the teacher's part.
        temperature: T > 0, a number or schedule.
        frames: Whether the teacher is a network of one image, and its view
            is clips `(batch, frames, ...)`.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """
    if not 0 <= imitation <= 1:
        raise InputError(
            "imitation of av_acoustic_images is a share in [0, 1], received "
            f"{imitation!r}. With 1 labels count nothing."
        )
    soft = SoftTargets(
        temperature=temperature, student_temperature=1.0, weight=imitation
    )
    return Distiller(
        student=student,
        teacher=FramesTeacher(teacher, reduce="mean") if frames else teacher,
        distillation_losses=soft,
        student_loss_weight=1.0 - imitation,
    )
