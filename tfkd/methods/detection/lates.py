"""LaTeS: a driver of images comes to think as one of segmentations.

Equation:  L = a L_task(y, s) + b mean_f (h_T(x') - r(h_S(x)))_f^2
Symbols:   x an image; x' what is known beside it: its segmentation, and
           whether to stop, and for what; h_T, h_S the latent vectors of the
           teacher for x' and of the student for x; r a linear map where
           widths differ, trained; s the student's controls, y the ones to
           imitate; a = `task_weight`, of the loss that is compiled: L1 for
           controls; b = `weight`.
Paper:     Zhao, He, Liang, Huang, Van den Broeck & Soatto, *LaTeS: Latent
           Space Distillation for Teacher-Student Driving Policy Learning*,
           2019, arXiv:1912.02973.
Survey:    Sec 15.2.4, ref [290].
Differs:   confirmed from the abstract: the teacher reads segmentation and
           stop intentions, the student images alone; the student imitates
           the controls, and is drawn towards the teacher's latent
           representation; it does not mimic the teacher's outputs. Inferred:
           the squared distance, where it is taken, and b. The teacher's
           input is the user's: intentions can be constant channels beside
           the segmentation.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.transforms import Regressor

CARD = Card(
    key="lates",
    status="simplified",
    simplified="the distance of latent vectors is inferred from the abstract",
    needs=("views",),
    example="""\
segmentation = (images > images.mean()).astype("float32")
x = {"student": images, "teacher": segmentation}
labels = images.mean(axis=(1, 2))  # Controls, one number each.
loss = "mae"
shapes["num_classes"] = 1
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
student = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Every batch carries `x = {"student": images, "teacher": x'}`.

    Args:
        teacher: Network of x', to controls.
        student: Network of images, to controls.
        teacher_tap: Name of h_T.
        student_tap: Name of h_S.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, ranks differ, or a number is out
            of range.
    """
    shapes = taps.shape(teacher, teacher_tap), taps.shape(student, student_tap)
    alike = shapes[0][1:] == shapes[1][1:]
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            student_transform=None if alike else Regressor(),
            weight=weight,
            name="latent",
        ),
        student_loss_weight=task_weight,
    )
