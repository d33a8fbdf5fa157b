"""Patient distillation: [CLS] after many layers, and soft targets.

Equation:  L = (1 - a) H(y, softmax(z_s))
               + a T^2 KL(softmax(z_t / T) || softmax(z_s / T))
               + b 1/(m - 1) sum_(j < m) d_j,
           d_j = 1/D || h_s^j / ||h_s^j||_2 - h_t^I(j) / ||h_t^I(j)||_2 ||_2^2
           strategy "skip":  I(j) = j M / m       (2, 4, ... of 12 for m = 6)
           strategy "last":  I(j) = M - m + j     (7, 8, ... of 12 for m = 6)
Symbols:   h^j (batch, D) state of [CLS] behind layer j of m of the student,
           of M of the teacher; z logits; T = `temperature`; a = `weight`;
           1 - a = `task_weight`; b = `patience_weight`.
Paper:     Sun, Cheng, Gan & Liu, *Patient Knowledge Distillation for BERT
           Model Compression*, EMNLP 2019, arXiv:1908.09355, Sec 3.
Survey:    Sec 7 and 7.2, ref [220]; cited there among methods of several
           teachers, it has one.
Differs:   the last layer is left out, as in the paper: it is behind the soft
           targets. Means over layers and features, as in the authors'
           released code, which b fits; `reduce="sum"` sums over features as
           the equation is printed. That code also divides the divergence by
           the number of classes. Public searches take a of 0.2 to 0.7, T of
           5 to 20 and b of 10 to 1000: 0.5, 5 and 100 here.
"""

from tfkd import taps
from tfkd.distances import NormalizedLp
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.transforms import Position

CARD = Card(
    key="pkd",
    zero_when_equal=True,
    task="sequence",
)

_STRATEGIES = {
    "skip": taps.group_ends,
    "last": taps.stage_pairs,
}


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    strategy: str = "skip",
    temperature: float = 5.0,
    weight: float = 0.5,
    patience_weight: float = 100.0,
    task_weight: float = 0.5,
    reduce: str = "mean",
):
    """Builds the distiller.

    Args:
        teacher: Transformer, such as `tfkd.models.transformer.build` makes.
        student: Likewise, of the same width and classes.
        pairs: `((teacher_tap, student_tap), ...)` of hidden states, [CLS]
            first; chosen by `strategy` if absent.
        strategy: `"skip"` or `"last"`.
        temperature: T > 0, a number or schedule.
        weight: a >= 0, a number or schedule.
        patience_weight: b >= 0, likewise.
        task_weight: 1 - a >= 0, likewise.
        reduce: `"mean"` or `"sum"` over the features of a layer.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, widths or classes differ, there
            is no pair of layers, or an argument is out of range.
    """
    if strategy not in _STRATEGIES:
        raise unknown("strategy of pkd", strategy, _STRATEGIES)
    if pairs is None:
        pairs = _STRATEGIES[strategy](teacher, student)[:-1]
    if not pairs:
        raise InputError(
            "pkd compares layers before the last, and the student has one "
            "layer. Give it two or more, name `pairs`, or use hinton_kd."
        )
    patience = [
        FeatureMatch(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            teacher_transform=Position(),
            student_transform=Position(),
            distance=NormalizedLp(p=2, reduce=reduce),
            weight=patience_weight,
            name=f"patience_{student_tap}",
        )
        for teacher_tap, student_tap in pairs
    ]
    soft = SoftTargets(temperature=temperature, weight=weight)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[soft, *patience],
        distillation_loss_weights=[1.0] + [1.0 / len(pairs)] * len(pairs),
        student_loss_weight=task_weight,
    )
