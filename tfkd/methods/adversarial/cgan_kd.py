"""Conditional adversarial distillation: a critic learns the loss of logits.

Equation:  L = a H(y, softmax(z_s)) + b ||z_t - z_s||_1
               + g [L_adv(D(z_t), D(z_s)) + c L_class]
           critic:   -log D(z_t) - log(1 - D(z_s)),
                     L_class = H(y, C(z_t)) + H(y, C(z_s))
           student:  -log D(z_s),  L_class = H(y, C(z_s))
Symbols:   z_t, z_s (batch, classes) logits; D = sigmoid of the first output
           of a perceptron of hidden widths `units`, C its further outputs,
           one a class; y labels; a = `task_weight`; b = `logit_weight`; g =
           `weight`; c = `class_weight`.
Paper:     Xu, Hsu & Huang, *Training Shallow and Thin Networks for
           Acceleration via Knowledge Distillation with Conditional
           Adversarial Networks*, arXiv:1709.00513 (first version: *Learning
           Loss for Knowledge Distillation ...*); at BMVC 2018 as *Training
           Student Networks for Acceleration with Conditional Adversarial
           Networks*.
Survey:    Sec 5.2.2 and 6.1, Eqn 12, Table 3, refs [261], [262], [263].
Differs:   confirmed from the paper's abstract and public notes on it: a
           conditional adversarial network learns the loss that transfers
           logits, in place of a softened one with a temperature, beside the
           labels. From the survey: the critic names teacher or student and
           the class, and the L1 distance of logits. Not confirmed: the
           weights and `units`. Updates are simultaneous, the student's term
           is the non-saturating one. An example of label -1 counts in the
           game and in L1.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import Adversarial
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.models import critics

CARD = Card(
    key="cgan_kd",
    columns={
        "GAN type": "Second type",
        "Purpose": "Classification",
        "D's input": "Logits",
        "Number of D": "One",
        "On-line": "No",
    },
)


def build(
    *,
    teacher,
    student,
    kind: str = "vanilla",
    units: tuple = (128, 256, 128),
    weight: float = 1.0,
    class_weight: float = 1.0,
    logit_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier.
        student: Classifier of the same classes.
        kind: Of game, see `tfkd.losses.Adversarial`.
        units: Widths of the critic's hidden layers.
        weight: g >= 0, a number or schedule; it scales the critic's loss
            too.
        class_weight: c >= 0; 0 for a critic that knows no classes.
        logit_weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If classes differ in number, or an argument is out of
            range.
    """
    shape = taps.shape(teacher, "logits")
    outputs = 1 + shape[-1] if class_weight else 1
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            Adversarial(
                critics.mlp(shape, units=units, outputs=outputs),
                teacher_tap="logits",
                student_tap="logits",
                kind=kind,
                class_weight=class_weight,
                weight=weight,
            ),
            FeatureMatch(
                teacher_tap="logits",
                student_tap="logits",
                distance=LpDistance(p=1, reduce="sum"),
                weight=logit_weight,
                name="logits",
            ),
        ],
        student_loss_weight=task_weight,
    )
