"""IRG: the batch's graph, and its change over layers, is the teacher's.

Equation:  A_ij = ||x_i - x_j||_2^2 / max_ij   edges of a layer
           v_i = ||x_i^l1 - x_i^l2||_2^2 / max_i   change of vertices
           e_ij = (A_ij^l1 - A_ij^l2)^2   change of edges
           L = H(y, softmax(z_s)) + w_v mse(z_t, z_s)
               + w_e mean_l mse(A_t^l, A_s^l)
               + w_c mean_(l1, l2) [mse(v_t, v_s) + mse(e_t, e_s)]
Symbols:   x (batch, ...) tap of a layer l, flattened; z logits, the vertices
           of the last layer; (l1, l2) neighbouring stages; mse mean over all
           elements; w_v = `vertex_weight`; w_e = `edge_weight`;
           w_c = `change_weight`.
Paper:     Liu, Cao, Li, Yuan, Hu, Li & Duan, *Knowledge Distillation via
           Instance Relationship Graph*, CVPR 2019.
Survey:    Sec 4.2 and 6.1, Eqn 21, Tables 2 and 5, ref [153], printed as
           [142]; Eqn 21 prints Theta_T on the student's graph and Theta_S on
           the teacher's: each belongs to its own.
Differs:   the form of e is inferred from the survey; `edge_change=False`
           leaves it out, as public code does. Weights, the division by
           maxima, and averaging the larger of two layers to the smaller are
           from public code (Knowledge-Distillation-Zoo), where layers need
           channels in the ratio 2; here over neighbouring channels in any.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.transforms import LayerChange
from tfkd.transforms import PairDistances

CARD = Card(
    key="irg",
    status="simplified",
    simplified="the change of edges between layers has an inferred form",
    columns={
        "TF_t": "Instance graph",
        "TF_s": "Instance graph",
        "Position": "Middle layers",
        "Distance": "L2",
        "Lost knowledge": "Spatial dimensions",
        "Purpose": "Model compression",
        "Graph type": "Knowledge graph",
        "Knowledge type": "Middle layers",
        "Graph embedding": "Instance relations",
    },
    zero_when_equal=True,
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    vertex_weight: float = 0.1,
    edge_weight: float = 5.0,
    change_weight: float = 5.0,
    edge_change: bool = True,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier with at least two stages of known sizes.
        student: Likewise, of the same classes.
        pairs: `((teacher_tap, student_tap), ...)` middle layers in order, at
            least two; the stages, paired from the last, if absent.
        teacher_tap: The last layer whose edges count, besides `pairs`.
        student_tap: Likewise of the student.
        vertex_weight: w_v >= 0.
        edge_weight: w_e >= 0.
        change_weight: w_c >= 0.
        edge_change: Whether e counts besides v.
        task_weight: Factor of the task loss.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If classes differ in number, there are fewer than two
            pairs, or an argument is out of range.
    """
    pairs = tuple(pairs or taps.stage_pairs(teacher, student))
    if len(pairs) < 2:
        raise InputError(
            "irg compares changes between layers and needs at least two "
            f"pairs of taps, received {pairs}. Name them with `pairs`."
        )
    edges = [
        _match("irg_edges", pair, edge_weight, _edges)
        for pair in (*pairs, (teacher_tap, student_tap))
    ]
    parts = ("vertices", "edges") if edge_change else ("vertices",)
    changes = [
        _match(
            f"irg_change_{part}",
            tuple(zip(first, second)),
            change_weight,
            lambda part=part: LayerChange(part),
        )
        for first, second in zip(pairs, pairs[1:])
        for part in parts
    ]
    vertices = FeatureMatch(
        teacher_tap="logits",
        student_tap="logits",
        weight=vertex_weight,
        name="irg_vertices",
    )
    each_edge = [1.0 / len(edges)] * len(edges)
    each_change = [1.0 / (len(pairs) - 1)] * len(changes)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[vertices, *edges, *changes],
        distillation_loss_weights=[1.0, *each_edge, *each_change],
        student_loss_weight=task_weight,
    )


def _edges():
    return PairDistances(squared=True, normalize="max")


def _match(name, pair, weight, transform):
    """A loss on one pair: of taps, or of tuples of two taps each."""
    teacher_tap, student_tap = pair
    last = student_tap if isinstance(student_tap, str) else student_tap[-1]
    return FeatureMatch(
        teacher_tap=teacher_tap,
        student_tap=student_tap,
        teacher_transform=transform(),
        student_transform=transform(),
        weight=weight,
        name=f"{name}_{last}",
    )
