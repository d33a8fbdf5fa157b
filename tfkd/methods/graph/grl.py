"""GRL: what network theory says of a graph is what its network must know.

Equation:  L = a H(y, softmax(o)) + b / M sum_m (f_m(G) - c_m(G))^2
Symbols:   G a graph; o (batch, classes) logits; f (batch, M) a linear map of
           the network's embedding, trained with it; c_m metric m of M, such
           as density and diameter, of mean 0 and variance 1 where the teacher
           is adapted; a = `task_weight`; b = `weight`.
Paper:     Ma & Mei, *Graph Representation Learning via Multi-task Knowledge
           Distillation*, NeurIPS workshop on graph representation learning
           2019, arXiv:1911.05700.
Survey:    Sec 6.1 and 17.2, Eqn 22, Table 5, ref [162].
Differs:   confirmed from the paper's abstract: graph metrics of network
           theory as auxiliary tasks of a graph-level one, above all where
           labels are few. Inferred from the survey: squared differences, and
           a head on the embedding. Which metrics, and b, are not confirmed.
           Metrics need no labels: graphs of label -1 count in them.
"""

from keras import layers

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.teachers import GraphMetrics

CARD = Card(
    key="grl",
    status="simplified",
    simplified=(
        "any network of graphs, where the paper's is convolutional on a "
        "heat kernel's descriptor; the choice of metrics is inferred"
    ),
    columns={
        "Purpose": "Multi-task learning",
        "Graph type": "GNN",
        "Knowledge type": "Class of nodes",
        "Distance": "Cross-entropy",
        "Graph embedding": "HKS",
    },
    teacher="none",
    task="graph",
    example="""\
x, labels = task.data(64, level="graph")
student = task.model(features=3, level="graph")
""",
)


def build(
    *,
    teacher=None,
    student,
    metrics: tuple | None = None,
    student_tap: str = "embedding",
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: A `tfkd.teachers.GraphMetrics`, adapted or not, or `None`
            for one of `metrics`.
        student: Classifier of graphs, see `tfkd.tasks.get("graph")`.
        metrics: Names, see `GraphMetrics`; all if absent.
        student_tap: Name of the embedding (batch, units).
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled. Its `network` holds the metrics' head.

    Raises:
        InputError: If the teacher is another one, the tap does not fit, or
            a number is out of range.
    """
    if teacher is None:
        teacher = GraphMetrics(metrics)
    elif not isinstance(teacher, GraphMetrics) or metrics is not None:
        raise InputError(
            "The teacher of grl is a tfkd.teachers.GraphMetrics, which knows "
            "its metrics, or None; received "
            f"{type(teacher).__name__} and metrics={metrics!r}."
        )

    def extra(inputs, tensors):
        head = layers.Dense(len(teacher.names), name="metrics", dtype="float32")
        return {"metrics": head(tensors[student_tap])}

    return Distiller(
        student=student,
        network=taps.extend(student, [student_tap], extra),
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap="metrics",
            student_tap="metrics",
            weight=weight,
            name="graph_metrics",
        ),
        student_loss_weight=task_weight,
    )
