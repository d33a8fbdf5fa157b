"""LSP: a node is as like to each of its neighbours as the teacher says.

Equation:  p_ij = softmax over neighbours j of i of K(z_i, z_j)
           L = H(y, softmax(o)) + l/N sum_i KL(p_i^t || p_i^s)
           K(a, b) = exp(-||a - b||_1 / w), or another kernel
Symbols:   z (batch, nodes, units) states of a middle layer; o logits of
           nodes; N nodes of a graph that have neighbours; l = `weight`;
           w = `width`.
Paper:     Yang, Qiu, Song, Tao & Wang, *Distilling Knowledge from Graph
           Convolutional Networks*, CVPR 2020, arXiv:2003.10477.
Survey:    Sec 6.1, Eqn 10 for graphs (Eqns 14-19), Table 5, ref [267], named
           after its first author.
Differs:   confirmed in the authors' code: the kernel with w = 100, the
           softmax over edges, the mean over nodes, l = 1 and KL(teacher ||
           student); the paper prints KL(student || teacher), `reverse` here.
           There a node is a neighbour of its own where its graph has loops,
           here never. With `edges_tap=None` any two networks are compared,
           on the graph of each example's nearest ones in the batch, which is
           the teacher's. Graphs that differ between teacher and student are
           united, as the paper does for dynamic ones.
"""

from tfkd.distillers import Distiller
from tfkd.losses import LocalStructure
from tfkd.methods.card import Card

CARD = Card(
    key="lsp_gcn",
    columns={
        "Purpose": "Model compression",
        "Graph type": "GNN",
        "Knowledge type": "Topological info.",
        "Distance": "KL",
        "Graph embedding": "Attention",
    },
    zero_when_equal=True,
    task="graph",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    edges_tap: str | None = "edges",
    neighbors: int = 8,
    kernel: str = "laplacian",
    width: float = 100.0,
    reverse: bool = False,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Graph network, see `tfkd.tasks.get("graph")`; any network
            where `edges_tap` is `None`.
        student: Likewise; widths of taps may differ.
        teacher_tap: Name of the teacher's z.
        student_tap: Name of the student's z.
        edges_tap: Name of the adjacency in both, or `None` for the graph of
            the batch.
        neighbors: Nearest examples that are neighbours, without edges.
        kernel: K: `"laplacian"`, `"rbf"`, `"linear"` or `"polynomial"`.
        width: w > 0 of the first two, in the units of z.
        reverse: Whether the divergence is KL(student || teacher).
        weight: l >= 0, a number or schedule.
        task_weight: Factor of the task loss.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, taps do not fit, or an argument
            is out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=LocalStructure(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            edges_tap=edges_tap,
            neighbors=neighbors,
            kernel=kernel,
            width=width,
            reverse=reverse,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
