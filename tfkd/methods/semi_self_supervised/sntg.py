"""SNTG: examples that a teacher puts in one class lie close together.

Equation:  L = a H(y, softmax(z)) + w(l) [
               1/C sum_c (softmax(z)_c - softmax(z')_c)^2
               + g mean_(j != i) ( W_ij d_ij^2
                                   + (1 - W_ij) max(0, m - d_ij)^2 ) ]
           W_ij = 1[c_i = c_j], c = y where it is known, else argmax z'
           w(l) = M/N b exp(-5 (1 - l/R)^2) while l < R, then M/N b
Symbols:   z, z' (batch, C) logits of one network for two views of x, as in
           `pi_model`, z' the teacher of the graph; d_ij^2 mean squared
           difference of the features of examples i and j, in the first
           view; m = `margin`; g = `graph_weight`; M/N = `labelled_share`;
           b = `weight`; R = `ramp_steps`; l optimizer steps so far; a =
           `task_weight`; y labels, -1 for none.
Paper:     Luo, Zhu, Li, Ren & Zhang, *Smooth Neighbors on Teacher Graphs for
           Semi-supervised Learning*, CVPR 2018, arXiv:1711.00258.
Survey:    Sec 13.1, ref [160].
Differs:   confirmed from the authors' code: the second view's classes with
           labels in their place, distances as means over features, m = 1, g
           = 0.4 (1 by default), both terms under one ramp of 80 epochs, b =
           100 with the factor M/N. There a pair is an example of a batch's
           first half with one of its second half; here all pairs of a batch,
           whose mean is the same in expectation. The base is the pi-model,
           of those that the paper adds its graph to.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import Consistency
from tfkd.losses import NeighborContrast
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.methods.checks import share_of_labels
from tfkd.teachers import SelfTeacher
from tfkd.transforms import noisy_view

CARD = Card(
    key="sntg",
    teacher="none",
    needs=("unlabelled",),
    options={"ramp_steps": 2, "pixels": 1, "mirror": True},
)


def build(
    *,
    teacher=None,
    student,
    feature_tap: str = "embedding",
    weight: float = 100.0,
    graph_weight: float = 0.4,
    margin: float = 1.0,
    labelled_share: float = 1.0,
    ramp_steps: int = 40000,
    stddev: float = 0.15,
    pixels: int | None = None,
    mirror: bool = False,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student is its own teacher.
        student: Classifier, best with dropout.
        feature_tap: Name of the features that are drawn together.
        weight: b >= 0. A schedule is w before the factor M/N.
        graph_weight: g >= 0.
        margin: m >= 0.
        labelled_share: M/N in (0, 1], the part of examples with a label:
            give it, as the default is that of a set without others.
        ramp_steps: R, at least 1.
        stddev: s >= 0 of the noise, in the units of x.
        pixels: Largest shift of images, at least 0; 2 if absent, and 0 for
            inputs that are no images.
        mirror: Whether images are mirrored at random; not for digits.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the views.

    Returns:
        A `Distiller`, not compiled. Its `network` runs both views.

    Raises:
        InputError: If a teacher is given, a tap does not exist, what is
            shifted is no image, or an argument is out of range.
    """
    no_teacher("sntg", teacher)
    ramp_steps = at_least("sntg", "ramp_steps", ramp_steps, 1)
    share = share_of_labels("sntg", labelled_share)
    relative = schedules.get(graph_weight, "graph_weight", minimum=0.0)
    ramp = schedules.ramp_up(ramp_steps, weight, "weight")
    view = noisy_view(
        student.input_shape,
        stddev=stddev,
        pixels=pixels,
        mirror=mirror,
        seed=seed,
    )
    names = tuple(dict.fromkeys(("logits", feature_tap)))
    return Distiller(
        student=student,
        network=taps.with_view_pair(student, names, view),
        teacher=SelfTeacher(),
        distillation_losses=[
            Consistency(second_tap="logits_2", weight=ramp),
            NeighborContrast(
                teacher_tap="logits_2",
                student_tap=feature_tap,
                margin=margin,
                weight=ramp,
                name="graph",
            ),
        ],
        distillation_loss_weights=[share, share * relative.value],
        student_loss_weight=task_weight,
    )
