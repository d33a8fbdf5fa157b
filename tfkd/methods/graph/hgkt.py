"""HGKT: a class that nobody has seen is what its neighbours tell of it.

Equation:  L = a H(y, softmax(z_s)) + g 1 / F ||f_t - f_s||_2^2
               + b [H(k, softmax(h(e_k + r_sj - c_s)))
                    + [k seen] 1 / F ||e_k - c_k||_2^2 / d^2]
           e_k = GNN(A_k, nodes r_s of classes s whose attributes are near)
           r_s = argmin_r W_2^2(r, features f_t of class s)
Symbols:   A_k attributes of class k; f_t, f_s (batch, F) embeddings of
           teacher and student; r_s Wasserstein barycentre of a seen class in
           `points` nodes, c_s their mean; h the student's classifier of all
           classes, z_s = h(f_s); a = `task_weight`; b = `weight`; g =
           `feature_weight`; all else, see `tfkd.losses.ClassGraph`.
Paper:     Wang, Wang, Jin, Yan, Zhang & Zha, *Heterogeneous Graph-based
           Knowledge Transfer for Generalized Zero-shot Learning*, ICPR 2020,
           arXiv:1911.09046.
Survey:    Sec 6.1, Eqn 22, Table 5, ref [239], which spells it HGKD, HGKT
           and HGTK, and says few-shot for generalized zero-shot.
Differs:   confirmed from the paper's abstract: a structured heterogeneous
           graph whose nodes for seen classes are chosen through Wasserstein
           barycentres, for relations between and within classes; aggregation
           and embedding are learned by a graph network, agnostic to unseen
           classes, and embed these from their neighbours. From the survey:
           GraphSAGE. Inferred: means over neighbours, cosine of attributes,
           the regression of centres.
"""

from tfkd import taps
from tfkd.losses import ClassGraph
from tfkd.methods import unseen_classes
from tfkd.methods.card import Card

CARD = Card(
    key="hgkt",
    status="simplified",
    simplified=(
        "the paper's edges, aggregation and loss are inferred from its "
        "abstract and the survey; a softmax classifier of the student learns "
        "from the embeddings in place of a search for the nearest, and that "
        "the features are a teacher's, whose embedding the student "
        "regresses, is how it becomes distillation"
    ),
    columns={
        "Purpose": "Few-shot learning",
        "Graph type": "GNN",
        "Knowledge type": "Class of nodes",
        "Distance": "Wasserstein",
        "Graph embedding": "GraphSAGE",
    },
    options={
        "attributes": ((1, 0, 0), (0, 1, 0), (0, 1, 1), (1, 1, 0)),
        "unseen": (3,),
        "neighbors": 2,
        "points": 3,
    },
    example="""\
shapes |= {"num_classes": 4, "dense": (16,)}
labels = labels % 3  # Of class 3 there is no image.
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
student = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
""",
)


def build(
    *,
    teacher,
    student,
    attributes: tuple = (),
    unseen: tuple = (),
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    neighbors: int = 5,
    points: int = 5,
    units: int = 64,
    weight: float = 1.0,
    feature_weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Network that was trained without the unseen classes.
        student: Classifier of all classes, by a dense layer on an embedding
            as wide as the teacher's. Its training data has labels of every
            seen class.
        attributes: A, one row of numbers a class of the student.
        unseen: Classes without examples.
        teacher_tap: Name of f_t, a vector.
        student_tap: Name of f_s, which the classifier receives.
        neighbors: Seen classes next to each, at least 1.
        points: Nodes of a seen class, at least 1.
        units: Width of the graph network's states.
        weight: b >= 0, a number or schedule.
        feature_weight: g >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Of barycentres and draws.

    Returns:
        An `AdaptingDistiller`, not compiled. The graph network is a part of
        its loss.

    Raises:
        InputError: If a tap does not exist, embeddings differ in width,
            attributes, classes and student do not fit, or a number is out of
            range.
    """
    graph = ClassGraph(
        teacher_tap=teacher_tap,
        head=taps.classifier(student),
        attributes=attributes,
        unseen=unseen,
        neighbors=neighbors,
        points=points,
        units=units,
        seed=seed,
        weight=weight,
    )
    return unseen_classes.distiller(
        graph,
        teacher=teacher,
        student=student,
        teacher_tap=teacher_tap,
        student_tap=student_tap,
        feature_weight=feature_weight,
        task_weight=task_weight,
    )
