"""NRSfM: figures in space that a dictionary of shapes can make.

Equation:  L = a L_task(W, X) + b min_c [ mean (x - c D)^2 + l ||c||^2 ] ,
           x = vec( (X - mean X) R^T )
Symbols:   X (batch, points, 3) the student's points, of images; W their rows
           and columns, which alone are labelled; R a rotation and D (shapes,
           3 points) a dictionary of shapes, by a teacher that learned both
           from such landmarks; l = `ridge`; b = `weight`; a = `task_weight`.
           The teacher's own depths are no targets: where an image is
           ambiguous, the student is free within what some code explains.
Paper:     Wang, Kong & Lucey, *Distill Knowledge from NRSfM for Weakly
           Supervised 3D Pose Learning*, ICCV 2019, arXiv:1908.06377.
Survey:    Sec 15.2.5, ref [236].
Differs:   confirmed in the abstract and a summary with the figure: landmarks
           alone as labels, a loss that ties depth to the teacher's cost
           function, and that it is the least cost of the codes that give this
           depth. Inferred: its weights. Here D has one layer and the least
           cost a closed form.
"""

from tfkd.distillers import Distiller
from tfkd.losses import ShapeEnergy
from tfkd.methods.card import Card

CARD = Card(
    key="nrsfm_pose",
    status="simplified",
    simplified=(
        "a dictionary of one layer with a quadratic penalty of codes, in the "
        "place of a multi-layer block-sparse one, and an orthogonal camera"
    ),
    needs=("views",),
    task="pose",
    example="""\
from tfkd.models import shape_dictionary
from tfkd.tasks import points

images, labels = points.data(64)
x = {"student": images, "teacher": labels[..., :2]}
teacher = shape_dictionary.build(points=labels.shape[1])
teacher.compile("adam", "mse")
teacher.fit(x["teacher"], x["teacher"], epochs=5, verbose=0)
student = points.model()
loss = points.PlaneLoss()
""",
)


def build(
    *,
    teacher,
    student,
    student_tap: str = "points",
    teacher_tap: str = "rotation",
    ridge: float = 0.01,
    weight: float = 0.1,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Every batch carries `x = {"student": images, "teacher": landmarks}`, the
    latter (batch, points, 2).

    Args:
        teacher: What `tfkd.models.shape_dictionary.build` returned, trained
            on landmarks.
        student: Network of images to points `(batch, points, 3)`, such as
            `tfkd.tasks.points.model()`.
        student_tap: Name of X.
        teacher_tap: Name of R.
        ridge: l > 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, likewise, of the loss that is compiled:
            `tfkd.tasks.points.PlaneLoss` leaves depths free.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the teacher has no dictionary, a tap does not exist or
            does not fit it, or a number is out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=ShapeEnergy(
            student_tap=student_tap,
            teacher_tap=teacher_tap,
            ridge=ridge,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
