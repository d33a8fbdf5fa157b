"""CAT: clusters of classes that a teacher finds, aligned across domains.

Equation:  L = a mean_S H(y, softmax(z)) + w(l) [
               sum_(D in {S, T}) mean_(i, j in D) ( W_ij d_ij
                                         + (1 - W_ij) max(0, m - d_ij) )
               + mean_k 1/K ||mean_(S, c = k) h - mean_(T, c = k) h||^2 ]
           W_ij = 1[c_i = c_j], c = y in S, argmax z' in T
           theta' <- e theta' + (1 - e) theta after every step
           w(l) = b exp(-5 (1 - (l - R_0) / R)^2) from l = R_0 to R_0 + R,
           0 before, b after
Symbols:   S the examples with a label, the source domain; T those without
           (label -1), the target; h (batch, K) the student's features; d_ij
           their mean squared difference; z, z' logits of the student and of
           its average theta'; k the classes that S and T share in a batch; m
           = `margin`; b = `weight`; R_0 = `start_steps`, R = `ramp_steps`; e
           = `decay`; a = `task_weight`; l optimizer steps so far.
Paper:     Deng, Luo & Zhu, *Cluster Alignment with a Teacher for
           Unsupervised Domain Adaptation*, ICCV 2019, arXiv:1903.09980.
Survey:    Sec 15.3.2, ref [50].
Differs:   confirmed from the authors' code for digits: the squared distances
           as means over features with a hinge on the square, means over all
           pairs of a domain, the centres' mean over shared classes, logits
           as features; there the teacher is the network itself with other
           dropout, here its average, the paper's implicit ensemble (`decay`
           of 0 is the network one step ago). R_0 = 2000 and R = 5000 are
           those of MNIST to USPS there, with exp(-10 (1 - (l - R_0) / R)),
           and m = 30 that of SVHN to MNIST. The authors also add these terms
           to adversarial methods; here they stand alone. e = 0.99 is not
           confirmed. A compiled loss without `ignore_class=-1` is a mean over
           S and T: with half of each, w counts twice.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import DomainCentroids
from tfkd.losses import DomainClusters
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.teachers import EMATeacher

CARD = Card(
    key="cat_da",
    teacher="none",
    needs=("unlabelled",),
    options={"start_steps": 0, "ramp_steps": 2, "margin": 3.0},
)


def build(
    *,
    teacher=None,
    student,
    feature_tap: str = "logits",
    margin: float = 30.0,
    weight: float = 1.0,
    start_steps: int = 2000,
    ramp_steps: int = 5000,
    decay: float = 0.99,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student teaches itself.
        student: Classifier, best with dropout, trained on examples of the
            source with labels and examples of the target without.
        feature_tap: Name of h.
        margin: m >= 0, in squared units of a feature.
        weight: b >= 0. A schedule is w itself.
        start_steps: R_0, at least 0: before, the teacher knows too little.
        ramp_steps: R, at least 1.
        decay: e in [0, 1).
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a teacher is given, a tap does not exist, or an
            argument is out of range.
    """
    no_teacher("cat_da", teacher)
    taps.shape(student, feature_tap)  # An error that names the tap.
    start = at_least("cat_da", "start_steps", start_steps, 0)
    ramp = at_least("cat_da", "ramp_steps", ramp_steps, 1)
    if not isinstance(weight, schedules.Schedule):
        rise = schedules.ramp_up(ramp, weight, "weight")
        weight = schedules.After(start, rise)
    return Distiller(
        student=student,
        teacher=EMATeacher(decay, training=True),
        distillation_losses=[
            DomainClusters(
                student_tap=feature_tap, margin=margin, weight=weight
            ),
            DomainCentroids(student_tap=feature_tap, weight=weight),
        ],
        student_loss_weight=task_weight,
    )
