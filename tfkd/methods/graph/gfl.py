"""GFL: many graphs teach how to tell a new one's nodes from a few.

Equation:  L = a H(y, softmax(o)) + b mean_uv (A_uv - A'_uv)^2
           o_vk = -||z_v - c_k||^2,  c_k = prototype of class k in the graph
           A' = sigmoid(q q^T)
Symbols:   z states of a graph's nodes; c from the nodes of known class, see
           `tfkd.models.graph_prototypes`, whose weights a gate changes from
           graph to graph; q message passing over z; A adjacency;
           y (batch, nodes) labels of the nodes that are asked, -1 of all
           others; a = `task_weight`; b = `weight`.
Paper:     Yao et al., *Graph Few-Shot Learning via Knowledge Transfer*, AAAI
           2020, arXiv:1910.03053.
Survey:    Sec 6.1, Eqn 22 with a reconstruction, Table 5, ref [270].
Differs:   confirmed in the authors' code: prototypes by message passing over
           the relations of a class's known nodes, gates of sigmoids from the
           nodes' mean and from communities, the mean square of the
           reconstruction after a sigmoid, b = 1. There similarity is the
           tanh of a cosine; here the squared distance, which the survey
           names. Relations are common neighbours, one of four choices. What
           is learned on auxiliary graphs is all in the student: a new graph
           needs no training, only known nodes.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.models.graph_decoder import GraphDecoder
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="gfl",
    status="simplified",
    simplified=(
        "two levels of the hierarchical representation, relations by common "
        "neighbours alone, squared distance for the tanh of a cosine"
    ),
    columns={
        "Purpose": "Few-shot learning",
        "Graph type": "GNN",
        "Knowledge type": "Class of nodes",
        "Distance": "Frobenius norm",
        "Graph embedding": "HGR",
    },
    teacher="none",
    task="graph",
    example="""\
x, labels = task.few_shot_data(64)
student = task.few_shot_model()
""",
)


def build(
    *,
    teacher=None,
    student,
    student_tap: str = "embedding",
    edges_tap: str = "edges",
    units: int = 8,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Fit it on auxiliary graphs, each with known nodes in its input
    `"support"`, and other labels.

    Args:
        teacher: `None`: the graphs teach.
        student: A model as `tfkd.tasks.get("graph").few_shot_model` makes.
        student_tap: Name of z.
        edges_tap: Name of A.
        units: Width of q, at least 1.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled. Its `network` holds the decoder.

    Raises:
        InputError: If a teacher is given, the student knows no nodes of a
            graph, a tap does not exist, or a number is out of range.
    """
    no_teacher("gfl", teacher)
    names = getattr(student.input, "keys", tuple)()
    if "support" not in names or units < 1:
        raise InputError(
            "gfl needs units >= 1 and a student with an input 'support', the "
            f"known nodes; received units={units!r} and inputs "
            f"{sorted(names)}. Make one with "
            "tfkd.tasks.get('graph').few_shot_model(...)."
        )

    def extra(inputs, tensors):
        decoder = GraphDecoder(units, name="decoder", dtype="float32")
        both = [tensors[student_tap], tensors[edges_tap]]
        return {"decoder": decoder(both)}

    return Distiller(
        student=student,
        network=taps.extend(student, [student_tap, edges_tap], extra),
        teacher=SelfTeacher(),
        distillation_losses=FeatureMatch(
            teacher_tap=edges_tap,
            student_tap="decoder",
            weight=weight,
            name="reconstruction",
        ),
        student_loss_weight=task_weight,
    )
