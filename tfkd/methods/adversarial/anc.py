"""Adversarial compression: a critic tells student features from teacher's.

Equation:  L = a L_adv(D(f_t), D(f_s)) + l ||z_t - z_s||_2^2
           critic:   -log D(f_t) - log(1 - D(f_s)) - r log D(f_s)
                         + l2 ||W_D||_2^2
           student:  -log D(f_s)
Symbols:   f_t, f_s (batch, features) taps; z_t, z_s (batch, classes) logits;
           D = sigmoid of a perceptron of hidden widths `units`, with weights
           W_D; a = `weight`; l = `logit_weight`; r = `confusion`.
Paper:     Belagiannis, Farshad & Galasso, *Adversarial Network Compression*,
           ECCV workshops 2018, arXiv:1803.10750.
Survey:    Sec 5.2.1, Eqn 11, Table 3, ref [22].
           Critic and student move in turns on each batch.
Differs:   confirmed from the paper's abstract: no labels, a regularization
           that keeps the critic from being trivially strong without reducing
           its capacity. Confirmed in a public reimplementation, not the
           authors' code: turns with an optimizer each, -log D(f_s), the
           squared error of logits, and the regularizers L1, L2 and the
           student's samples under the teacher's label, here r, the default.
           There the student moves first, here the critic. Not confirmed: the
           defaults of a, l, r and `units`. Where features differ in width a
           trained linear map takes the student's to the teacher's.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distances.base import compatible
from tfkd.distillers import TurnsDistiller
from tfkd.losses import Adversarial
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.models import critics
from tfkd.transforms import Regressor

CARD = Card(
    key="anc",
    status="simplified",
    simplified=(
        "no dropout on the student's features that the critic sees; the "
        "weights of the losses are ours"
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
    confusion: float = 1.0,
    l2: float = 0.0,
    critic_steps: int = 1,
    weight: float = 1.0,
    logit_weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier.
        student: Classifier of the same classes.
        teacher_tap: f_t, the features below the logits.
        student_tap: f_s.
        kind: Of game, see `tfkd.losses.Adversarial`.
        units: Widths of the critic's hidden layers.
        confusion: r >= 0.
        l2: Factor >= 0 of the critic's squared weights.
        critic_steps: Batches that the critic moves at, for one that the
            student moves at as well; at least 1.
        weight: a >= 0, a number or schedule; it scales the critic's loss
            too.
        logit_weight: l >= 0, a number or schedule.
        task_weight: Of labels, which the paper does without.

    Returns:
        A `TurnsDistiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, classes differ in number, or an
            argument is out of range.
    """
    shape = taps.shape(teacher, teacher_tap)
    same = compatible(shape, taps.shape(student, student_tap))
    return TurnsDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            Adversarial(
                critics.mlp(shape, units=units, l2=l2),
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                student_transform=None if same else Regressor(),
                kind=kind,
                confusion=confusion,
                weight=weight,
            ),
            FeatureMatch(
                teacher_tap="logits",
                student_tap="logits",
                distance=LpDistance(p=2, reduce="sum"),
                weight=logit_weight,
                name="logits",
            ),
        ],
        student_loss_weight=task_weight,
        critic_steps=critic_steps,
    )
