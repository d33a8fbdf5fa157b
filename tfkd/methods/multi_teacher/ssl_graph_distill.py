"""Self-supervised teachers: a graph of answers, and one of joint features.

Equation:  L = a H(y, softmax(z_s))
               + b [ sum_k (g_k + 1/m) EMD(softmax(z_k), softmax(z_s))
                     + d sum_k (mean g_k - 1/m)^2 ]
               + c 2 / (m (m - 1)) sum_(i < j) || B(F_i, F_j)
                                                  - r(F_s) / ||r(F_s)|| ||^2
Symbols:   z_k, F_k logits and features of teacher k of m, each of which
           learned features by a task of its own without labels; g_k (batch,)
           the learned edge from it; EMD the earth mover's distance, half the
           sum of |p - q|, where it costs 1 to move to another class; B
           compact bilinear pooling to `units` numbers, of length 1, see
           `tfkd.transforms.CompactBilinear`; r a linear map, trained;
           a = `task_weight`; b = `logits_weight`; c = `feature_weight`;
           d = `prior_weight`.
Paper:     Zhang & Peng, *Better and Faster: Knowledge Transfer from Multiple
           Self-supervised Learning Tasks via Graph Distillation for Video
           Classification*, IJCAI 2018, arXiv:1804.10069.
Survey:    Sec 7.1, 7.2 and 7.6, Eqns 20 and 24, Table 6, ref [283].
Differs:   confirmed from the abstract and a public review of the paper: two
           graphs; that of logits matches several distributions jointly, by
           the earth mover's distance; that of features transfers ensembles
           of pairs, after compact bilinear pooling. Inferred: what it costs
           to move, how edges are learned (as in `graph_distillation`, with a
           pull to equal ones, without which all of them would go to what is
           easy), the distance of features and all weights.
"""

import itertools

from tfkd import taps
from tfkd.distances import NormalizedLp
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import ModalityGraph
from tfkd.methods.card import Card
from tfkd.teachers import as_ensemble
from tfkd.transforms import CompactBilinear
from tfkd.transforms import Regressor

CARD = Card(
    key="ssl_graph_distill",
    teacher="many",
    status="simplified",
    simplified=(
        "the paper's formulas were not read: what they have beside the names "
        "of both graphs and of their distance is inferred"
    ),
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_KD_fea+logits",
    },
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str = "embedding",
    units: int = 256,
    sharpness: float = 0.125,
    prior_weight: float = 1.0,
    logits_weight: float = 1.0,
    feature_weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: A list of at least two classifiers, whose features were
            learned by different tasks.
        student: Classifier of the same classes.
        teacher_tap: Name of every F_k; the last stage of each if absent.
        student_tap: Name of F_s, a vector.
        units: Numbers that stand for a pair's features, at least 1.
        sharpness: How far edges may differ, >= 0; at 0 they are equal.
        prior_weight: d >= 0.
        logits_weight: b >= 0, a number or schedule.
        feature_weight: c >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the random products.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If there are fewer than two teachers, taps or classes do
            not fit, or a number is out of range.
    """
    ensemble = as_ensemble(teacher)
    count = len(ensemble.members)
    if count < 2:
        raise InputError(
            "ssl_graph_distill joins the features of pairs of teachers and "
            f"needs at least two, received {count}."
        )
    logits = [f"{index}/logits" for index in range(count)]
    features = [
        f"{index}/{teacher_tap or taps.stages(member)[-1]}"
        for index, member in enumerate(ensemble.members)
    ]
    graph = ModalityGraph(
        teacher_logits=logits,
        teacher_features=logits,
        student_features="logits",
        sharpness=sharpness,
        logit_distance="earth_mover",
        logit_weight=1.0,
        feature_weight=0.0,
        prior_weight=prior_weight,
        weight=logits_weight,
        name="logits_graph",
    )
    pairs = [
        FeatureMatch(
            teacher_tap=(features[i], features[j]),
            student_tap=student_tap,
            teacher_transform=CompactBilinear(units, seed),
            student_transform=Regressor(),
            distance=NormalizedLp(reduce="sum"),
            weight=feature_weight,
            name=f"pair_{i}_{j}",
        )
        for i, j in itertools.combinations(range(count), 2)
    ]
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[graph, *pairs],
        distillation_loss_weights=[1.0] + [1.0 / len(pairs)] * len(pairs),
        student_loss_weight=task_weight,
    )
