"""Portable students: a teaching assistant tells features apart.

Equation:  L = a H(y, softmax(z_s)) + b L_adv(D(f_t), D(f_s))
           assistant:  -log D(f_t) - log(1 - D(f_s))
           student:    -log D(f_s)
Symbols:   f_t, f_s (batch, features) taps of the same image; z_s (batch,
           classes) logits of the student; y labels; D = sigmoid of a
           perceptron of hidden widths `units`; a = `task_weight`;
           b = `weight`.
Paper:     Wang, Xu, Xu & Tao, *Adversarial Learning of Portable Student
           Networks*, AAAI 2018.
Survey:    Sec 5.2.1, Eqn 11, Table 3, ref [248].
Differs:   confirmed from the paper's abstract: the student is the generator,
           the discriminator a teaching assistant that distinguishes features
           of the two networks, both are optimized at the same time. From the
           survey, not confirmed: the cross-entropy of labels. Inferred: the
           features are those below the logits; a, b and `units`; the
           student's term is the non-saturating one. Where features differ in
           width a trained linear map takes the student's to the teacher's.
"""

from tfkd import taps
from tfkd.distances.base import compatible
from tfkd.distillers import Distiller
from tfkd.losses import Adversarial
from tfkd.methods.card import Card
from tfkd.models import critics
from tfkd.transforms import Regressor

CARD = Card(
    key="alpsn",
    status="simplified",
    simplified=(
        "the paper beyond its abstract could not be confirmed: which features "
        "the assistant sees, its layers and the weights are inferred"
    ),
    columns={
        "GAN type": "First type",
        "Purpose": "Classification",
        "D's input": "Features",
        "Number of D": "One",
        "On-line": "No",
    },
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    kind: str = "vanilla",
    units: tuple = (128, 256, 128),
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network with features of the same task.
        student: Classifier.
        teacher_tap: f_t; a map is averaged over positions.
        student_tap: f_s, likewise.
        kind: Of game, see `tfkd.losses.Adversarial`.
        units: Widths of the assistant's hidden layers.
        weight: b >= 0, a number or schedule; it scales the assistant's loss
            too.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, taps differ in rank, or an
            argument is out of range.
    """
    real = taps.shape(teacher, teacher_tap)
    fake = taps.shape(student, student_tap)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=Adversarial(
            critics.mlp(real, units=units, name="assistant"),
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            student_transform=None if compatible(real, fake) else Regressor(),
            kind=kind,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
