"""CCKD: a batch's examples correlate as they do for the teacher.

Equation:  L = a H(y, softmax(z_s))
               + c T^2 KL(softmax(z_t / T) || softmax(z_s / T))
               + b 1 / B^2 ||C_t - C_s||_F^2,   C_ij = k(x_i, x_j)
           rbf:       k(x, y) = sum_(p = 0..P) e^(-2 g) (2 g)^p / p! (x.y)^p
           bilinear:  k(x, y) = x . y
           mmd:       k(x, y) = ||x - y||_2
           adjacent:  b 1 / (B - 1) sum_i |t_i - r(s_i)| . |t_(i+1) -
                      r(s_(i+1))| instead of the matrices
Symbols:   x (batch, features) flattened taps, t and s those of teacher and
           student, of unit length for a kernel; B = batch; g = `gamma`; P =
           `order`; T = `temperature`; r = linear map where the widths
           differ; a = `task_weight`; b = `weight`; c = `soft_weight`.
Paper:     Peng et al., *Correlation Congruence for Knowledge Distillation*,
           ICCV 2019, arXiv:1904.01802, Sec 3.
Survey:    Sec 4.1.3, Table 1, ref [193].
Differs:   the batches that the paper draws, as many examples of every class
           or of every cluster of features, are a matter of data: see
           `tfkd.sources.ClassBatches` and its `groups`. g = 0.4, P = 2 and
           unit length were confirmed in public implementations (of the
           authors' code only `adjacent` is public, by others); `mmd` is
           inferred: the discrepancy of two sets of one example. b depends on
           the kernel, and is a choice of ours.
"""

from tfkd import taps
from tfkd.distances import AdjacentProduct
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.transforms import KernelMatrix
from tfkd.transforms import Regressor

CARD = Card(
    key="cckd",
    columns={"Method": "Imposing strictness", "Objective": "Eqn. 8 or Eqn. 2"},
    zero_when_equal=True,
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    kernel: str = "rbf",
    gamma: float = 0.4,
    order: int = 2,
    weight: float = 100.0,
    temperature: float = 4.0,
    soft_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier; the tap may have any shape.
        student: Classifier of the same classes.
        teacher_tap: Name of x of the teacher.
        student_tap: Name of x of the student.
        kernel: `"rbf"`, `"bilinear"`, `"mmd"`, or `"adjacent"`, whose taps
            are vectors.
        gamma: g > 0.
        order: P >= 1.
        weight: b >= 0, a number or schedule.
        temperature: T > 0, a number or schedule.
        soft_weight: c >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, the classes differ in number, or
            an argument is out of range.
    """
    if kernel == "adjacent":
        shapes = (
            taps.shape(teacher, teacher_tap),
            taps.shape(student, student_tap),
        )
        parts = {
            "student_transform": None
            if shapes[0] == shapes[1]
            else Regressor(),
            "distance": AdjacentProduct(),
        }
    else:
        parts = {
            "teacher_transform": KernelMatrix(kernel, gamma, order),
            "student_transform": KernelMatrix(kernel, gamma, order),
            "distance": LpDistance(p=2),
        }
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                weight=weight,
                name="correlation",
                **parts,
            ),
            SoftTargets(temperature=temperature, weight=soft_weight),
        ],
        student_loss_weight=task_weight,
    )
