"""KTAN: a layer on the teacher makes maps that the student imitates.

Equation:  L = a H(y, softmax(z_s))
               + c T^2 KL(softmax(z_t / T) || softmax(z_s / T))
               + b mean (TS(F_t) - F_s)^2 + g L_adv(D(TS(F_t)), D(F_s))
           critic:   -log D(TS(F_t)) - log(1 - D(F_s))
           student:  -log D(F_s)
           TS:       KL(softmax(z_t) || softmax(h(TS(F_t))))
Symbols:   F_t, F_s (batch, height, width, channels) high-level maps; TS the
           teacher-to-student layer, a 1x1 convolution to the shape of F_s;
           h the mean over positions and a dense layer; z_t, z_s (batch,
           classes) logits; D = sigmoid of a convolutional critic; y labels;
           T = `temperature`; a = `task_weight`; b = `weight`; c =
           `soft_weight`; g = `adversarial_weight`.
Paper:     Liu, Liu, Ma, Mei & Seok, *KTAN: Knowledge Transfer Adversarial
           Network*, arXiv:1810.08126.
Survey:    Sec 5.2.1, Eqns 2, 10 and 11, Table 3, ref [146].
Differs:   confirmed from the paper's abstract: intermediate representations
           and probabilities are both transferred, high-level maps of the
           teacher are the target, a teacher-to-student layer fits them to
           any student, and a discriminator exploits the spatial correlation
           of maps. Inferred: the squared error, the weights, D's layers, and
           that TS learns to keep the teacher's answer. Updates are
           simultaneous, and the student's term is the non-saturating one.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import Adversarial
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.losses import TeacherLayer
from tfkd.methods.card import Card
from tfkd.models import critics
from tfkd.transforms import Regressor

CARD = Card(
    key="ktan",
    status="simplified",
    simplified=(
        "how the paper trains its teacher-to-student layer could not be "
        "confirmed: here it learns to keep the teacher's answer; detection "
        "is left out"
    ),
    columns={
        "GAN type": "First type",
        "Purpose": "Classification Object detection",
        "D's input": "Features",
        "Number of D": "One",
        "On-line": "No",
    },
    options={"critic_filters": (4, 8)},
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    weight: float = 1.0,
    adversarial_weight: float = 0.1,
    temperature: float = 4.0,
    soft_weight: float = 0.9,
    task_weight: float = 0.1,
    critic_filters: tuple = (64, 128),
):
    """Builds the distiller.

    Args:
        teacher: Classifier with convolutional stages.
        student: Classifier of the same classes.
        teacher_tap: F_t; the last stage if absent.
        student_tap: F_s; the last stage if absent.
        weight: b >= 0, a number or schedule.
        adversarial_weight: g >= 0, likewise; it scales the critic's loss
            too.
        temperature: T > 0, likewise.
        soft_weight: c >= 0, likewise.
        task_weight: a >= 0, likewise.
        critic_filters: Channels of the critic's convolutions.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no map of known size,
            classes differ in number, or a number is out of range.
    """
    teacher_tap = teacher_tap or taps.stages(teacher)[-1]
    student_tap = student_tap or taps.stages(student)[-1]
    taps.common_size(teacher, teacher_tap, student, student_tap)
    ends = {"teacher_tap": "layer", "student_tap": student_tap}
    critic = critics.maps(
        taps.shape(student, student_tap), filters=critic_filters
    )
    parts = [
        FeatureMatch(**ends, weight=weight, name="map"),
        Adversarial(critic, **ends, weight=adversarial_weight),
    ]
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            SoftTargets(temperature=temperature, weight=soft_weight),
            TeacherLayer(
                Regressor(),
                teacher_tap=teacher_tap,
                like=student_tap,
                parts=parts,
                name="representation",
            ),
        ],
        student_loss_weight=task_weight,
    )
