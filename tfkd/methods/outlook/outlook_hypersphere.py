"""Moments on a hypersphere: a proposal of the survey, not of a paper.

Equation:  L = a H(y, softmax(z_s))
               + b sum_(r = 1..R) |E[d(F_t)^r] - E[d(F_s)^r]|
           d(x) = 2 / pi atan(1 / |x|), the geodesic distance of x to the
           pole after stereographic projection, in units of pi;
           |x|^2 = mean_f x_f^2
Symbols:   F_t, F_s (batch, ..., features) taps; E the mean over an example's
           positions, or over the batch where taps are vectors; R =
           `moments`; a = `task_weight`; b = `weight`.
Paper:     none. The survey takes the geometry from Park & Kwon, *Sphere
           Generative Adversarial Network Based on Geometric Moment
           Matching*, CVPR 2019, and the doubt about squared distances from
           Derezinski & Warmuth, NeurIPS 2014.
Survey:    Sec 17.3, refs [51, 190], where distances other than the Euclidean
           are an open direction: a bounded one is meant to be stable where
           the capacities of two networks differ.
Differs:   the survey gives no equation: this one puts its words into Eqn 10.
           d depends on the length of a feature vector alone, so that the
           taps' widths may differ, and directions are not transferred.
"""

from tfkd import taps
from tfkd.distances import SphereMoments
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card

CARD = Card(
    key="outlook_hypersphere",
    status="simplified",
    simplified=(
        "no paper tried it: the survey proposes a direction in words, and "
        "the equation is ours"
    ),
    zero_when_equal=True,
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    moments: int = 3,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Any network.
        student: Any network; widths and sizes of maps may differ.
        teacher_tap: Name of F_t; the last stage if absent.
        student_tap: Name of F_s; the last stage if absent.
        moments: R >= 1.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, one is a map and one a vector,
            or a number is out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap=teacher_tap or taps.stages(teacher)[-1],
            student_tap=student_tap or taps.stages(student)[-1],
            distance=SphereMoments(moments),
            weight=weight,
            name="sphere_moments",
        ),
        student_loss_weight=task_weight,
    )
