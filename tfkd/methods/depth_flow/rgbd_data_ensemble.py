"""Depth of one image from a stereo network that answers several views.

Equation:  L = a H(d_s, y) + b sum_p c_p |d_s - 1/K sum_k d_t,k| / sum_p c_p
Symbols:   d_s (batch, height, width, 1) the student's disparity of the left
           image; d_t,k the teacher's of the pair at one of `scales`, and
           upside down if `flip`, turned and scaled back, K in all; c 1 where
           the mean of the mirrored pair agrees; H the loss that is compiled,
           y disparities where there are any; a = `task_weight`; b = `weight`.
Paper:     Cho, Min, Kim & Sohn, *A Large RGB-D Dataset for Semi-supervised
           Monocular Depth Estimation*, 2019, arXiv:1904.10230.
Survey:    Sec 15.3.1 and 15.4, Eqn 23, ref [40] (printed Choi).
Differs:   all is the survey's: pseudo depth of a large stereo network, an
           ensemble of transformed data, a confidence of stereo that filters.
           Which transformations, and how the confidence is measured, is not
           confirmed: here `scales` and `flip`, and the agreement of both
           eyes, which is 0 or 1.
"""

from tfkd.distillers import Distiller
from tfkd.losses import ProxyMap
from tfkd.methods.card import Card
from tfkd.methods.stereo_views import one_eyed
from tfkd.teachers import PairMatchingTeacher

CARD = Card(
    key="rgbd_data_ensemble",
    status="simplified",
    simplified=(
        "confidence is the agreement of both eyes, not a measure that is "
        "learned"
    ),
    needs=("views",),
    task="displacement",
    options={"scales": (1.0, 1.5)},
    example="""\
pairs, labels = task.data(64, stereo=True)
x = {"student": pairs[..., :1], "teacher": pairs}
teacher = task.model(input_shape=(None, None, 2), channels=1)
student = task.model(input_shape=(24, 24, 1), channels=1)
""",
)


def build(
    *,
    teacher,
    student,
    scales: tuple = (0.5, 1.0, 1.5),
    flip: bool = True,
    relative: float = 0.01,
    absolute: float = 0.5,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Fit it on `x = {"student": left images, "teacher": pairs}`.

    Args:
        teacher: A network of stereo pairs of any size, or of one with
            `scales=(1.0,)`; see `tfkd.tasks.displacement`.
        student: A network of left images of known size.
        scales: Factors of the size of views, at least one.
        flip: Whether each is shown upside down, too.
        relative: Of the check, see `tfkd.teachers.PairMatchingTeacher`.
        absolute: Likewise.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no such networks, or an argument is out
            of range.
    """
    one_eyed("rgbd_data_ensemble", student)
    return Distiller(
        student=student,
        teacher=PairMatchingTeacher(
            getattr(teacher, "model", teacher),
            scales=scales,
            flip=flip,
            relative=relative,
            absolute=absolute,
        ),
        distillation_losses=ProxyMap(
            teacher_tap="map",
            mask_tap="trusted",
            student_tap="outputs",
            name="pseudo_depth",
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
