"""MEAL for noisy data: drawn teachers refine labels, block by block.

Equation:  L = b KL(l y + (1 - l) softmax(z_t) || softmax(z_s))
               + sum_k w_k KL(softmax(P(F_t^k)) || softmax(P(F_s^k)))
               + g sum_k L_adv(C_k(P(F_t^k)), C_k(P(F_s^k))),
           the last sum with the logits as its last block
           critics:  -log C_k(t) - log(1 - C_k(s));  student:  -log C_k(s)
Symbols:   t the teacher of the batch, drawn from the ensemble; y a label
           that may be wrong or missing (-1: then l = 0); F^k end of block k,
           P its mean over channels, pooled to the positions of the student's
           map; z (batch, classes) logits; C_k = sigmoid of a perceptron; l =
           `label_share`; b = `weight`; w = `block_weights`; g =
           `adversarial_weight`.
Paper:     Shen, He, Cui, Yu, Zheng, Zhu & Savvides, *Adversarial-Based
           Knowledge Distillation for Multi-Model Ensemble and Noisy Data
           Refinement*, arXiv:1908.08520.
Survey:    Sec 5, ref [212], cited in a group only.
Differs:   confirmed from the paper's abstract: one framework for ensembles
           and for labels that are noisy, missing, or one-hot where several
           objects are there; block-wise losses and discriminators. The game
           is that of `meal`, confirmed from its authors' code. Inferred: the
           mixture of label and prediction, and l.
"""

from tfkd.distances import SoftmaxKL
from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.block_games import block_games
from tfkd.methods.card import Card
from tfkd.transforms import LabelMix

CARD = Card(
    key="meal_v1_noisy",
    teacher="many",
    status="simplified",
    simplified=(
        "how the paper refines labels could not be confirmed beyond its "
        "abstract: here the teacher's prediction is mixed with them; several "
        "labels an image are left out"
    ),
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    label_share: float = 0.5,
    weight: float = 1.0,
    block_weights: tuple | None = None,
    adversarial_weight: float = 1.0,
    teacher_weights: tuple | None = None,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: A classifier or a list of them with convolutional stages of
            the same names. Their answers must not be stored: another one
            teaches every batch.
        student: Classifier of the same classes.
        pairs: `((teacher_tap, student_tap), ...)` of the blocks; the stages
            of the first teacher, paired from the last, if absent.
        label_share: l in [0, 1): the more, the cleaner the labels.
        weight: b >= 0, a number or schedule.
        block_weights: w, one a pair; growing to 0.1 for the last block if
            absent.
        adversarial_weight: g >= 0, likewise; it scales the critics' losses
            too.
        teacher_weights: Share of draws of each teacher; equal if absent.
        seed: Whole number behind the draws.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no map, classes differ in
            number, or an argument is out of range.
    """
    drawn, losses = block_games(
        teacher=teacher,
        student=student,
        pairs=pairs,
        distance=SoftmaxKL(),
        block_weights=block_weights,
        adversarial_weight=adversarial_weight,
        teacher_weights=teacher_weights,
        seed=seed,
    )
    refined = SoftTargets(
        temperature=1.0, correction=LabelMix(label_share), weight=weight
    )
    return Distiller(
        student=student,
        teacher=drawn,
        distillation_losses=[refined, *losses],
        student_loss_weight=0.0,
    )
