"""MoVNect: a light network of poses in space follows a teacher's maps.

Equation:  L = a D(y, z_s) + b D(z_t, z_s) ,
           D(z, z') = mean_m ||H_m - H'_m||_2
                      + w mean_m ||H_y,j (L_m - L'_m)||_2
Symbols:   z (batch, h, w, 4 J) heat maps H of J joints, and maps L of their
           rows, columns and depths; m one map, of joint j, of whose positions
           the norm is taken; H_y the heat maps of the labels y: a location
           counts where its joint is; b = `weight`, w =
           `location_weight`; a = `task_weight`, of the loss that is compiled:
           `tfkd.tasks.pose.LocationLoss` is D.
Paper:     Hwang, Kim, Monet, Koike & Bae, *Lightweight 3D Human Pose
           Estimation Network Training Using Teacher-Student Learning*, WACV
           2020, arXiv:2001.05097.
Survey:    Sec 15.2.5, ref [106], which prints Huang.
Differs:   confirmed in the abstract and a public re-implementation: heat
           maps and location maps as in VNect, a norm for each map, labels and
           teacher mixed by 1/2 in both, locations weighted by the labels'
           heat (there its second term of locations repeats the labels, a
           slip); w = 1. Means over maps and examples. Post-processing of
           films is left to the user.
"""

from tfkd.distillers import Distiller
from tfkd.losses import LocationMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import dense_logits

CARD = Card(
    key="movnect",
    task="pose",
    example="""\
import numpy as np

from tfkd.tasks import digit_poses

found = digit_poses.poses(64)
x, size = found.images, 16
labels = np.concatenate(
    [
        task.heat_maps(found.points, size),
        task.location_maps(found.points, size),
    ],
    axis=-1,
)
teacher, student = (task.model(maps=labels.shape[-1]) for _ in range(2))
loss = task.LocationLoss()
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "logits",
    student_tap: str = "logits",
    location_weight: float = 1.0,
    weight: float = 0.5,
    task_weight: float = 0.5,
):
    """Builds the distiller.

    Args:
        teacher: Network to `(batch, height, width, 4 J)`: heat maps of J
            joints, and maps of their locations.
        student: Network to maps of the same shape.
        teacher_tap: Name of z_t.
        student_tap: Name of z_s.
        location_weight: w >= 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, likewise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, maps differ in shape or are not
            four a joint, or a number is out of range.
    """
    dense_logits("movnect", teacher, student, (teacher_tap, student_tap))
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=LocationMatch(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            location_weight=location_weight,
            weight=weight,
            name="poses",
        ),
        student_loss_weight=task_weight,
    )
