"""Transfer and distillation from faces of higher resolution.

Equation:  L = a H(y, softmax(z_s)) + b T^2 KL(softmax(z_t / T) ||
               softmax(z_s / T)) + g mean_f (e_t - r(e_s))_f^2
Symbols:   z_t, z_s (batch, identities) logits of the teacher for a face and
           of the student for the same face at lower resolution; e_t, e_s
           their last hidden layers; r a linear map where widths differ,
           trained; T = `temperature`; b = `soft_weight` (KD); g =
           `feature_weight` (KT); a = `task_weight`; y identities.
Paper:     Karlekar, Feng, Wong & Pranata, *Deep Face Recognition Model
           Compression via Knowledge Transfer and Distillation*, 2019,
           arXiv:1906.00619.
Survey:    Sec 15.2.3, ref [113].
Differs:   confirmed from the abstract: a teacher of bigger images than the
           student's, and three ways, of knowledge transfer (KT), knowledge
           distillation (KD) and both; a weight of 0 leaves one out. The
           equation is the survey's Eqns 2 and 10 for these words; T = 4 and
           weights of 1 are not confirmed.
"""

from tfkd.distillers import Distiller
from tfkd.methods.card import Card
from tfkd.methods.paired_views import answers_and_features

CARD = Card(
    key="karlekar_face",
    status="simplified",
    simplified="the losses are inferred from the abstract",
    needs=("views",),
    example="""\
low = images.reshape(-1, 14, 2, 14, 2, 1).mean(axis=(2, 4))
x = {"student": low, "teacher": images}
student = tfkd.models.build(
    "cnn", filters=(4, 8, 16), input_shape=(14, 14, 1), num_classes=10
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
        teacher: Classifier of faces, of which it sees `x["teacher"]`.
        student: Classifier of the same identities, usually of smaller
            images, of which it sees `x["student"]`.
        teacher_tap: Name of e_t.
        student_tap: Name of e_s.
        temperature: T > 0, a number or schedule.
        soft_weight: b >= 0, a number or schedule.
        feature_weight: g >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If identities differ in number, a tap does not exist, or
            a number is out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=answers_and_features(
            teacher=teacher,
            student=student,
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            temperature=temperature,
            soft_weight=soft_weight,
            feature_weight=feature_weight,
        ),
        student_loss_weight=task_weight,
    )
