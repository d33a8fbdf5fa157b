"""A graph of typed nodes: a proposal of the survey, not of a paper.

Equation:  L = a H(y, softmax(z_s))
               + b [ mean_c (z_t - z_s)_c^2 / v
                     + KL(softmax(z_t) || softmax(z_s)) ]
               + g mean_n mse(A_t^n, A_s^n)
               + d mean_(m, n) mse((A_t^m - A_t^n)^2, (A_s^m - A_s^n)^2)
           A^n_ij = ||x^n_i - x^n_j||_2^2 / max_ij
Symbols:   nodes are the examples of a batch, of the types n: layers, in
           order, and logits z (batch, classes); x^n (batch, ...) what a node
           of type n carries; A^n edges within a type, (A^m - A^n)^2 edges
           between neighbouring types (m, n); v = `logit_scale`; b =
           `node_weight`, of what nodes carry, logits and outputs: not
           structure; g = `edge_weight`; d = `type_weight`; a =
           `task_weight`; mse the mean over all elements.
Paper:     none. The survey takes the graph of a batch from Liu et al.,
           *Knowledge Distillation via Instance Relationship Graph*, CVPR
           2019, and names Liu, Peng & Schwing, *Knowledge Flow*, ICLR 2019.
Survey:    Sec 17.2, refs [142, 162], where [142] is meant to be [153]: a
           graph that holds data, logits, features and outputs, and not the
           structure of features alone, is an open direction.
Differs:   the survey gives no equation: this one puts its words into Eqns 20
           and 21. Data are no type of their own: both networks see the same.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.transforms import LayerChange
from tfkd.transforms import PairDistances

CARD = Card(
    key="outlook_nonstructural_graph",
    status="simplified",
    simplified=(
        "no paper tried it: the survey proposes a direction in words, and "
        "the equation is ours"
    ),
    zero_when_equal=True,
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    logit_scale: float = 10.0,
    node_weight: float = 1.0,
    edge_weight: float = 5.0,
    type_weight: float = 5.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier.
        student: Classifier of the same classes.
        pairs: `((teacher_tap, student_tap), ...)` of layers, in order; the
            stages, paired from the last, if absent.
        logit_scale: v > 0, a usual squared difference of logits.
        node_weight: b >= 0, a number or schedule.
        edge_weight: g >= 0.
        type_weight: d >= 0.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If there is no pair, a tap does not exist, sizes are not
            known, classes differ in number, or a number is out of range.
    """
    if pairs is None:
        pairs = taps.stage_pairs(teacher, student)
    if not pairs:
        raise InputError(
            "outlook_nonstructural_graph needs layers besides logits, "
            "received no pair of taps. Leave `pairs` out for the stages."
        )
    scale = schedules.get(
        logit_scale, "logit_scale", minimum=0.0, exclusive=True
    )
    types = [*pairs, ("logits", "logits")]
    values = [
        FeatureMatch(
            teacher_tap="logits",
            student_tap="logits",
            weight=node_weight,
            name="logit_nodes",
        ),
        SoftTargets(temperature=1.0, weight=node_weight, name="output_nodes"),
    ]
    edges = [
        _edges(pair, _distances, edge_weight, f"edges_{pair[1]}")
        for pair in types
    ]
    between = [
        _edges(
            tuple(zip(first, second)),
            _changes,
            type_weight,
            f"edges_{first[1]}_to_{second[1]}",
        )
        for first, second in zip(types, types[1:])
    ]
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[*values, *edges, *between],
        distillation_loss_weights=[1.0 / scale.value, 1.0]
        + [1.0 / len(edges)] * len(edges)
        + [1.0 / len(between)] * len(between),
        student_loss_weight=task_weight,
    )


def _distances():
    return PairDistances(squared=True, normalize="max")


def _changes():
    return LayerChange("edges")


def _edges(pair, kind, weight, name):
    """A loss on the edges of one pair: of taps, or of two taps each."""
    sides = dict(zip(("teacher", "student"), pair))
    return FeatureMatch(
        **{f"{side}_tap": tap for side, tap in sides.items()},
        **{f"{side}_transform": kind() for side in sides},
        weight=weight,
        name=name,
    )
