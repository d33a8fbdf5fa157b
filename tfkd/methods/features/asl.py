"""ASL: a small network learns from chosen layers of a large one.

Equation:  L = a H(y, softmax(z_s))
               + b / |R| sum_((t, s) in R) mean (G(F_t) - G(r(F_s)))^2
           G = 1 / (H W) sum_hw F_hw F_hw^T
           R: all routes for n steps, then the `keep` whose two layers have
           the smallest similarity of classes and of layers
Symbols:   F_t, F_s (batch, height, width, channels) middle layers; r a 1x1
           convolution where shapes differ; the similarities: see
           `tfkd.losses.LayerSelectivity`; n = `selection_steps`;
           a = `task_weight`; b = `weight`.
Paper:     Li, Lin, Chen & Chiang, *Layer-Level Knowledge Distillation for
           Deep Neural Network Learning*, Applied Sciences 9(10), 2019.
Survey:    Sec 4.2.1, ref [135].
Differs:   confirmed from the abstract: a small model trained with the help of
           a larger, well-trained one; layers of both determined by a layered
           inter-class Gram matrix and an inter-layered one, for the diversity
           and discrimination of feature maps. Inferred: what is in those two
           matrices, that small mean similarities are wanted, the distance of
           channel Gram matrices, and the selection on the first n batches of
           the training itself.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import LayerSelectivity
from tfkd.methods.card import Card

CARD = Card(
    key="asl",
    status="simplified",
    simplified=(
        "the equations of the paper's two Gram matrices could not be "
        "confirmed: both have a form of our own"
    ),
    zero_when_equal=False,
    options={"selection_steps": 1},
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    keep: int | None = None,
    selection_steps: int = 100,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network with convolutional stages, trained well.
        student: Classifier with convolutional stages.
        pairs: `((teacher_tap, student_tap), ...)` candidate routes; every
            stage of the teacher with every stage of the student if absent.
        keep: Routes that are left, at least 1; two if absent, and one of one.
        selection_steps: n >= 1.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled. Training needs labels; -1 marks an
        example without, which has no part in the classes' similarities.

    Raises:
        InputError: If a tap is no map, or a number is out of range.
    """
    routes = tuple(pairs or taps.all_pairs(teacher, student))
    if keep is None:
        keep = min(2, len(routes))
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=LayerSelectivity(
            routes=routes,
            keep=keep,
            interval_steps=selection_steps,
            at_once=True,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
