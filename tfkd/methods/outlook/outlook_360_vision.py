"""Perspective networks teach one of 360-degree images: a proposal.

Equation:  L = a H(y, softmax(z_s)) + b T^2 KL(softmax(z_t / T) ||
               softmax(z_s / T)) + g mean_f (e_t - r(e_s))_f^2
Symbols:   z_t, e_t (batch, classes), (batch, features) logits and features of
           the teacher for a perspective picture; z_s, e_s those of the
           student for the sphere around it; r a linear map where widths
           differ, trained; T = `temperature`; b = `soft_weight`; g =
           `feature_weight`; a = `task_weight`; y labels, -1 for none.
Paper:     none. The survey names Lee et al., *SpherePHD: Applying CNNs on a
           Spherical PolyHeDron Representation of 360 Degree Images*, CVPR
           2019, as a reason why such images need networks of their own.
Survey:    Sec 17.6, ref [132], where knowledge from pictures to spheres is
           an open direction: 360-degree images have few labels.
Differs:   the survey gives no equation: this is its Eqns 2 and 10 for pairs
           of views. `tfkd.sources.perspective_view` cuts the picture out of
           the sphere, so that unlabelled spheres make pairs.
"""

from tfkd.distillers import Distiller
from tfkd.methods.card import Card
from tfkd.methods.paired_views import answers_and_features

CARD = Card(
    key="outlook_360_vision",
    status="simplified",
    simplified=(
        "no paper tried it: the survey proposes a direction in words, and "
        "the equation is ours"
    ),
    needs=("views",),
    example="""\
spheres = tfkd.sources.spherical_view(images, height=16, pitch=50)
pictures = tfkd.sources.perspective_view(spheres, size=28, pitch=50)
x = {"student": spheres, "teacher": pictures}
student = tfkd.models.build(
    "cnn", filters=(4, 8, 16), input_shape=(16, 32, 1), num_classes=10
)
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    temperature: float = 4.0,
    soft_weight: float = 1.0,
    feature_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier of perspective pictures, `x["teacher"]`.
        student: Classifier of 360-degree images, `x["student"]`, such as
            equirectangular ones.
        teacher_tap: Name of e_t.
        student_tap: Name of e_s.
        temperature: T > 0, a number or schedule.
        soft_weight: b >= 0, a number or schedule.
        feature_weight: g >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If classes differ in number, a tap does not exist, or a
            number is out of range.
    """
    knowledge = answers_and_features(
        teacher=teacher,
        student=student,
        teacher_tap=teacher_tap,
        student_tap=student_tap,
        temperature=temperature,
        soft_weight=soft_weight,
        feature_weight=feature_weight,
    )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=knowledge,
        student_loss_weight=task_weight,
    )
