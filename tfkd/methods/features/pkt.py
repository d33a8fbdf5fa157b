"""PKT: the batch's neighbourhoods are as probable as for the teacher.

Equation:  p_ij = K_ij / sum_k K_ik,  K_ij = (cos(x_i, x_j) + 1) / 2
           L = a H(y, softmax(z_s)) + b d(p_t, p_s)
           mode "code":   d = 1 / B^2 sum_ij p_t log(p_t / p_s)
           mode "paper":  d = 1 / B sum_i sum_(j != i) p_t log(p_t / p_s),
                          K_ii = 0
Symbols:   x (batch, features) flattened tap; B = batch; a = `task_weight`;
           b = `weight`; probabilities are raised by 1e-7 in the logarithms.
Paper:     Passalis & Tefas, *Learning Deep Representations with
           Probabilistic Knowledge Transfer*, ECCV 2018, arXiv:1803.10837,
           Sec 3.
Survey:    Sec 4.2.1, in its text only, ref [192].
Differs:   mode "code" is what the authors released, to which b = 30000
           (RepDistiller's) belongs: it keeps i = j and averages over j. The
           paper sums over the batch, here the mean. Of its kernels the
           cosine, which needs no width. The paper trains without labels:
           `task_weight=0`.
"""

from tfkd.distances import ProbabilityKL
from tfkd.distillers import Distiller
from tfkd.errors import unknown
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.transforms import AffinityMatrix

CARD = Card(key="pkt", zero_when_equal=True)

# Whether K_ii counts, and what is done over j.
_MODES = {"code": (True, "mean"), "paper": (False, "sum")}


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    weight: float = 30000.0,
    task_weight: float = 1.0,
    mode: str = "code",
):
    """Builds the distiller.

    Args:
        teacher: Network; the tap may have any shape.
        student: Likewise.
        teacher_tap: Name of x of the teacher.
        student_tap: Name of x of the student.
        weight: b >= 0.
        task_weight: a >= 0; labels are not needed where it is 0.
        mode: `"code"` or `"paper"`.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, or an argument is out of range.
    """
    if mode not in _MODES:
        raise unknown("mode of pkt", mode, _MODES)
    diagonal, reduce = _MODES[mode]
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            teacher_transform=AffinityMatrix(diagonal),
            student_transform=AffinityMatrix(diagonal),
            distance=ProbabilityKL(reduce=reduce),
            weight=weight,
            name="pkt",
        ),
        student_loss_weight=task_weight,
    )
