"""Ambient sound: which kind of sound goes with this image?

Equation:  coding "clusters":  L = b H(argmin_j ||f(y) - c_j||_2, softmax(z))
           coding "binary":    L = b mean_k H(1[v_k . (f(y) - mu) > 0],
                                              sigma(z_k))
           and + a L_task ,  z = h(g(x))
Symbols:   x an image; y the sound with it; f(y) its statistics; c centres of
           k-means; mu, v mean and principal directions of f; g the student's
           tap; h a linear map to `codes` numbers, there in training only;
           sigma the sigmoid; b = `weight`; a = `task_weight`.
Paper:     Owens, Wu, McDermott, Freeman & Torralba, *Ambient Sound Provides
           Supervision for Visual Learning*, ECCV 2016, arXiv:1608.07017.
Survey:    Sec 12.2.1, Table 9, ref [186].
Differs:   confirmed from the abstract and the first figure: an image network
           predicts a summary of sound statistics, of which there are means
           and deviations of frequency bands, their correlations and
           modulations. From the survey: clusters, or bits. Inferred: 30 of
           both, and the mean over bits. The first `fit` finds clusters or
           directions. The statistics themselves are the user's: the teacher
           is a network of sound, or a `tfkd.teachers.ViewTeacher`.
"""

from tfkd import taps
from tfkd.distillers import AdaptingDistiller
from tfkd.errors import unknown
from tfkd.losses import BinaryCodes
from tfkd.losses import ClusterTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.models import exits

CARD = Card(
    key="ambient_sound",
    columns={
        "Uses labels": "N",
        "Source modality": "Sound",
        "Target modality": "Video frames",
        "Number of teachers": "One",
        "On-line": "N",
        "Knowledge": "Soft labels",
        "Model compression": "N",
    },
    needs=("views",),
    options={"codes": 5},
)
_CODINGS = {"clusters": ClusterTargets, "binary": BinaryCodes}


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    coding: str = "clusters",
    codes: int = 30,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": images, "teacher": sounds}`.

    Args:
        teacher: Network of sound, or `tfkd.teachers.ViewTeacher(shape)` where
            the teacher's view is the statistics themselves.
        student: Network of images; a tap that is no vector is averaged over
            positions.
        teacher_tap: Name of f; `"view"` of a `ViewTeacher`.
        student_tap: Name of g.
        coding: `"clusters"`, for which k-means needs scikit-learn, or
            `"binary"`.
        codes: Number of clusters or bits, at least 2.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        An `AdaptingDistiller`, not compiled. Its `network` is the student
        with h.

    Raises:
        InputError: If a tap does not exist, the coding is unknown, or a
            number is out of range.
    """
    if coding not in _CODINGS:
        raise unknown("coding of sound", coding, _CODINGS)
    codes = at_least("ambient_sound", "codes", codes, 2)

    def sound(inputs, tensors):
        pooled = exits.pooled(tensors[student_tap])
        return {"sound": exits.classifier(pooled, codes, name="sound")}

    target = _CODINGS[coding](
        teacher_tap=teacher_tap, student_tap="sound", weight=weight, name=coding
    )
    return AdaptingDistiller(
        network=taps.extend(student, (student_tap,), sound),
        student=student,
        teacher=teacher,
        distillation_losses=target,
        student_loss_weight=task_weight,
    )
