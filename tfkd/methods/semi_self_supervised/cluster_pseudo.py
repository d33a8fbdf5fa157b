"""Pseudo-labels of clusters: a pretext network's features as classes.

Equation:  c = k-means of f_t over all examples (`clusters` centres)
           L = b H(argmin_j ||f_t(x) - c_j||_2, softmax(h(g(x)))) + a L_task
Symbols:   f_t the teacher's features, such as those of a large network of a
           self-supervised task; g the student's tap; h a linear classifier
           of `clusters` classes, there in training only; b = `weight`; a =
           `task_weight`, of the loss that is compiled.
Paper:     Noroozi, Vinjimoor, Favaro & Pirsiavash, *Boosting Self-Supervised
           Learning via Knowledge Transfer*, CVPR 2018, arXiv:1805.00385.
Survey:    Sec 13.2, ref [183].
Differs:   the pretext task (Jigsaw++ there) is the teacher's training, and
           the transfer to a labelled task is one of `distiller.student`:
           neither is part of this. Confirmed from the abstract: features of
           a deeper network are clustered, and another network learns the
           cluster of each image. The first `fit` clusters its examples.
           The number of clusters is inferred.
"""

from tfkd import taps
from tfkd.distillers import AdaptingDistiller
from tfkd.losses import ClusterTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.models import exits

CARD = Card(key="cluster_pseudo", options={"clusters": 5})


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    clusters: int = 2000,
    normalize: bool = False,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller. It needs no labels.

    Args:
        teacher: Network whose features are clustered.
        student: Network that learns the clusters; a tap that is no vector is
            averaged over positions.
        teacher_tap: Name of f_t.
        student_tap: Name of g.
        clusters: Of k-means, at least 2 and at most the examples.
        normalize: Whether features are made unit vectors before.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Of k-means.

    Returns:
        An `AdaptingDistiller`, not compiled. Its `network` is the student
        with h. k-means needs scikit-learn.

    Raises:
        InputError: If a tap does not exist, or a number is out of range.
    """
    clusters = at_least("cluster_pseudo", "clusters", clusters, 2)

    def head(inputs, tensors):
        features = exits.pooled(tensors[student_tap])
        return {
            "clusters": exits.classifier(features, clusters, name="clusters")
        }

    return AdaptingDistiller(
        student=student,
        network=taps.extend(student, (student_tap,), head),
        teacher=teacher,
        distillation_losses=ClusterTargets(
            teacher_tap=teacher_tap,
            student_tap="clusters",
            normalize=normalize,
            seed=seed,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
