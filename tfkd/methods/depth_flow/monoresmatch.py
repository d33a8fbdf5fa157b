"""monoResMatch: depth of one image from stereo matching that learns nothing.

Equation:  L = a P + s R + b sum_p m psi(d_p - D_p) / sum_p m
Symbols:   d (batch, height, width, 1) the student's disparity of the left
           image; D that of semi-global matching, m 1 where both eyes agree on
           it; psi the reverse Huber function; P how unlike the left image is
           to the right one displaced by d, by structure (0.85) and by value;
           R how rough d is where the image is not; a = `photometric_weight`;
           s = `smoothness_weight`; b = `weight`.
Paper:     Tosi, Aleotti, Poggi & Mattoccia, *Learning Monocular Depth
           Estimation Infusing Traditional Stereo Knowledge*, CVPR 2019,
           arXiv:1904.04144.
Survey:    Sec 15.4, Eqn 10, ref [228].
Differs:   confirmed in the authors' code: the three terms, structure of
           windows of 3x3, the reverse Huber function with a bound of 0.2 of
           the largest error, a mean over pixels that have a proxy. The
           factors 1, 0.1 and 1 are the paper's as remembered. There D is made
           before training, and errors that have no proxy count in the bound.
"""

from tfkd.distillers import Distiller
from tfkd.losses import Photometric
from tfkd.losses import ProxyMap
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.methods.checks import positive
from tfkd.methods.stereo_views import one_eyed
from tfkd.teachers import SemiGlobalMatching

CARD = Card(
    key="monoresmatch",
    status="simplified",
    simplified=(
        "any network of left images is trained: not the paper's own, which "
        "matches features of the image with those of a virtual right one"
    ),
    teacher="none",
    needs=("views",),
    task="displacement",
    options={"farthest": 3, "value_range": (0.0, 16.0)},
    example="""\
pairs, labels = task.data(64, stereo=True)
x = {"student": pairs[..., :1], "teacher": pairs}
student = task.model(input_shape=(24, 24, 1), channels=1)
""",
)


def build(
    *,
    teacher=None,
    student,
    farthest: int = 64,
    value_range: tuple = (0.0, 255.0),
    small: float = 0.02,
    large: float = 0.1,
    photometric_weight: float = 1.0,
    smoothness_weight: float = 0.1,
    weight: float = 1.0,
):
    """Builds the distiller.

    Fit it on `x = {"student": left images, "teacher": pairs}`, and compile
    without a loss.

    Args:
        teacher: `None`: the pair itself teaches.
        student: A network of left images of known size.
        farthest: Largest disparity of the matching, at least 1.
        value_range: `(low, high)` of raw images.
        small: See `tfkd.teachers.SemiGlobalMatching`.
        large: Likewise.
        photometric_weight: a > 0.
        smoothness_weight: s >= 0.
        weight: b >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the student is no such network, a teacher is given, or
            an argument is out of range.
    """
    no_teacher("monoresmatch", teacher)
    pair = one_eyed("monoresmatch", student)
    photometric_weight = positive(
        "monoresmatch", "photometric_weight", photometric_weight
    )
    return Distiller(
        student=student,
        teacher=SemiGlobalMatching(
            pair[1:],
            farthest=farthest,
            small=small,
            large=large,
            value_range=value_range,
        ),
        distillation_losses=[
            Photometric(
                student_tap="outputs",
                pair_tap="pair",
                smoothness=smoothness_weight / photometric_weight,
                value_range=value_range,
                weight=photometric_weight,
            ),
            ProxyMap(
                teacher_tap="map",
                mask_tap="trusted",
                student_tap="outputs",
                kind="berhu",
                weight=weight,
                name="matched",
            ),
        ],
        student_loss_weight=0.0,
    )
