"""NRSfM: depths that cost little by a dictionary learned from landmarks.

Equation:  L = a L_task(w, X_xy) + b [ ||B_xy c - w||_2 + s ||c||_1 ] ,
           c = c_t + B_z^+ (X_z - B_z c_t) ,  B^+ = B^T (B B^T)^-1 ,  B = D R
Symbols:   X (batch, points, 3) the student's points, of images; w their rows
           and columns, which alone are labelled; D (shapes, points, 3) a
           dictionary of shapes, R a rotation and c_t a code, by a teacher that
           learned from such landmarks; B_xy, B_z rows and columns, and depths,
           of the turned shapes; s = `sparsity`; b = `weight`; a =
           `task_weight`. Means over points are taken off.
Paper:     Wang, Kong & Lucey, *Distill Knowledge from NRSfM for Weakly
           Supervised 3D Pose Learning*, ICCV 2019, arXiv:1908.06377.
Survey:    Sec 15.2.5, ref [236].
Differs:   confirmed in the paper's text, Eqns 5-15: the loss, an upper bound
           of the least cost of all codes that give the student's depths; its
           norms; s = 0.3; a = b; landmarks learned by an L1 loss:
           `tfkd.tasks.points.PlaneLoss`. The paper's loss fits any teacher
           with a dictionary of at least as many shapes as points; its own has
           six layers of sparse codes, ours one, with a perceptron for code
           and camera. The inverse has a ridge of 1e-5, as shapes are centred.
"""

from tfkd.distillers import Distiller
from tfkd.losses import ShapeEnergy
from tfkd.methods.card import Card

CARD = Card(
    key="nrsfm_pose",
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
    sparsity: float = 0.3,
    weight: float = 1.0,
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
        sparsity: s >= 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, likewise, of the loss that is compiled:
            `tfkd.tasks.points.PlaneLoss` leaves depths free.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the teacher has no dictionary or too small a one, a tap
            does not exist or does not fit it, or a number is out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=ShapeEnergy(
            student_tap=student_tap, sparsity=sparsity, weight=weight
        ),
        student_loss_weight=task_weight,
    )
