"""MEAL: one teacher of an ensemble a batch, one critic a block.

Equation:  L = b D(z_t, z_s) + sum_k w_k D(P(F_t^k), P(F_s^k))
               + g sum_k L_adv(C_k(P(F_t^k)), C_k(P(F_s^k))),
           the last sum with the logits as its last block
           critics:  -log C_k(t) - log(1 - C_k(s));  student:  -log C_k(s)
Symbols:   t the teacher of the batch, drawn from the ensemble; F^k (batch,
           height, width, channels) end of block k, P(F) its mean over
           channels, pooled to the positions of the student's map; z (batch,
           classes) logits; D = `similarity`: KL of softmax over positions or
           classes, or the mean absolute or squared difference; C_k = sigmoid
           of a perceptron; b = `weight`; w = `block_weights`; g =
           `adversarial_weight`.
Paper:     Shen, He & Xue, *MEAL: Multi-Model Ensemble via Adversarial
           Learning*, AAAI 2019, arXiv:1812.02425.
Survey:    Sec 4.2 and 5, Table 2, ref [213].
Differs:   confirmed from the authors' released code: the draw, P, D and that
           cross-entropy is the default (KL here: the same gradient), w, three
           dense layers of a critic, no labels, one update of student and
           critics together. There the critics may have a learning rate of
           their own, the student's sign in the game is an option that is off
           (the paper's min-max is on here), a critic ends in two logits with
           ReLU, and teachers may run in training mode. There P pools to
           numbers of positions of its own, 10,000 to 500 in one row. Widths
           of a critic are at least 8. The student's term is the
           non-saturating one.
"""

from tfkd.distances import LpDistance
from tfkd.distances import SoftmaxKL
from tfkd.distillers import Distiller
from tfkd.errors import unknown
from tfkd.losses import FeatureMatch
from tfkd.methods.block_games import block_games
from tfkd.methods.card import Card

CARD = Card(
    key="meal",
    teacher="many",
    columns={
        "TF_t": "Adaptive pooling",
        "TF_s": "Adaptive pooling",
        "Position": "End of layer group",
        "Distance": "L1/2/KL/L_GAN",
        "Lost knowledge": "None",
    },
)

_SIMILARITIES = {
    "kl": SoftmaxKL,
    "l1": lambda: LpDistance(p=1),
    "l2": lambda: LpDistance(p=2),
}


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    similarity: str = "kl",
    weight: float = 1.0,
    block_weights: tuple | None = None,
    adversarial_weight: float = 1.0,
    teacher_weights: tuple | None = None,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: A list of classifiers with convolutional stages of the same
            names, of any width, height and channels. Their answers must not
            be stored: another one teaches every batch.
        student: Classifier of the same classes.
        pairs: `((teacher_tap, student_tap), ...)` of the blocks; the stages
            of the first teacher, paired from the last, if absent.
        similarity: `"kl"`, `"l1"` or `"l2"`.
        weight: b >= 0, a number or schedule.
        block_weights: w, one a pair; those of the authors' command, growing
            to 0.1 for the last block, if absent.
        adversarial_weight: g >= 0, likewise; it scales the critics' losses
            too.
        teacher_weights: Share of draws of each teacher; equal if absent.
        task_weight: Of labels, which the paper does without.
        seed: Whole number behind the draws.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no map, classes differ in
            number, or an argument is out of range.
    """
    if similarity not in _SIMILARITIES:
        raise unknown("similarity of meal", similarity, _SIMILARITIES)
    drawn, losses = block_games(
        teacher=teacher,
        student=student,
        pairs=pairs,
        distance=_SIMILARITIES[similarity](),
        block_weights=block_weights,
        adversarial_weight=adversarial_weight,
        teacher_weights=teacher_weights,
        seed=seed,
    )
    logits = FeatureMatch(
        teacher_tap="logits",
        student_tap="logits",
        distance=_SIMILARITIES[similarity](),
        weight=weight,
        name="logits",
    )
    return Distiller(
        student=student,
        teacher=drawn,
        distillation_losses=[logits, *losses],
        student_loss_weight=task_weight,
    )
