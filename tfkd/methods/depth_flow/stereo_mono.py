"""Depth of one image, taught by a network that saw two.

Equation:  L = a H(d_s, y) + b sum_p m |d_t - d_s| / sum_p m
Symbols:   d_s (batch, height, width, 1) the student's disparity of the left
           image; d_t the teacher's of the pair; m 1 where its disparity of
           the right image, from the mirrored pair, agrees; H the loss that is
           compiled, y disparities where there are any; a = `task_weight`; b =
           `weight`.
Paper:     Guo, Li, Yi, Ren & Wang, *Learning Monocular Depth by Distilling
           Cross-domain Stereo Networks*, ECCV 2018, arXiv:1808.06586.
Survey:    Sec 15.4, Eqn 10, ref [79].
Differs:   confirmed from the abstract: a stereo network as a proxy, trained
           on synthetic data, whose disparities supervise the monocular one.
           The absolute error and the mask are the survey's. There the stereo
           network tells which pixels are hidden by an output of its own; its
           training, and tuning to the target's images, happens before.
"""

from tfkd.distillers import Distiller
from tfkd.losses import ProxyMap
from tfkd.methods.card import Card
from tfkd.methods.stereo_views import one_eyed
from tfkd.teachers import PairMatchingTeacher

CARD = Card(
    key="stereo_mono",
    status="simplified",
    simplified=(
        "hidden pixels are found by the mirrored pair, not by an output of "
        "the stereo network, and the student learns no mask of them"
    ),
    needs=("views",),
    task="displacement",
    example="""\
pairs, labels = task.data(64, stereo=True)
x = {"student": pairs[..., :1], "teacher": pairs}
teacher = task.model(channels=1)
student = task.model(input_shape=(24, 24, 1), channels=1)
""",
)


def build(
    *,
    teacher,
    student,
    relative: float = 0.01,
    absolute: float = 0.5,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Fit it on `x = {"student": left images, "teacher": pairs}`.

    Args:
        teacher: A network of stereo pairs, see `tfkd.tasks.displacement`.
        student: A network of left images.
        relative: Of the check, see `tfkd.teachers.PairMatchingTeacher`.
        absolute: Likewise.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no such networks, their sizes differ,
            or an argument is out of range.
    """
    one_eyed("stereo_mono", student)
    return Distiller(
        student=student,
        teacher=PairMatchingTeacher(
            getattr(teacher, "model", teacher),
            relative=relative,
            absolute=absolute,
        ),
        distillation_losses=ProxyMap(
            teacher_tap="map",
            mask_tap="trusted",
            student_tap="outputs",
            name="disparity",
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
