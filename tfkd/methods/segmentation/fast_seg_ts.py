"""Fast segmentation: pixels agree with a teacher, and how they change.

Equation:  L = a H(y, p_s) + b mean_i 1/C ||p_t,i - p_s,i||^2
               + c mean_i (g_t,i - g_s,i)^2
               + u mean_(i in U) H(y_t,i, p_s,i) ,
           g_i = mean_(j in N(i)) ||p_i - p_j||_2 ,  y_t = argmax p_t
Symbols:   p = softmax(z) of (batch, height, width, C) logits; i pixels, N(i)
           those around one, up to 8; U the pixels without label, which count
           in a mean over all; a = `task_weight`; b = `pixel_weight`, of
           zero-order knowledge; c = `consistency_weight`, of first-order
           knowledge; u = `pseudo_weight`.
Paper:     Xie, Shuai, Hu, Lin & Zheng, *Improving Fast Segmentation With
           Teacher-student Learning*, BMVC 2018, arXiv:1810.08476.
Survey:    Sec 15.1, ref [254].
Differs:   confirmed in the abstract and in public notes on the paper:
           zero-order knowledge aligns probability maps, first-order knowledge
           the mean difference of each pixel's response to those around it, 0
           where the map is smooth and large at edges; unlabelled images help.
           Inferred: squared differences of both, the Euclidean length, labels
           of unlabelled images by the teacher, all weights.
"""

from tfkd.distances import LpDistance
from tfkd.distances import SoftmaxMSE
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import dense_logits
from tfkd.transforms import ConfidentTargets
from tfkd.transforms import HardTargets
from tfkd.transforms import NeighborDifferences

CARD = Card(
    key="fast_seg_ts",
    status="simplified",
    simplified=(
        "the paper's norms and weights, and how it labels further images, "
        "could not be confirmed"
    ),
    needs=("unlabelled",),
    task="segmentation",
)
_TAPS = {"teacher_tap": "logits", "student_tap": "logits"}


def build(
    *,
    teacher,
    student,
    pixel_weight: float = 10.0,
    consistency_weight: float = 10.0,
    pseudo_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Segmenter to dense logits `(batch, height, width, classes)`.
        student: Segmenter to logits of the same shape, trained on images with
            masks and on images without (-1).
        pixel_weight: b >= 0, a number or schedule.
        consistency_weight: c >= 0, likewise.
        pseudo_weight: u >= 0, likewise.
        task_weight: a >= 0, likewise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If logits are not dense or differ in shape, or a number is
            out of range.
    """
    dense_logits("fast_seg_ts", teacher, student)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                **_TAPS,
                distance=SoftmaxMSE(),
                weight=pixel_weight,
                name="zero_order",
            ),
            FeatureMatch(
                **_TAPS,
                teacher_transform=NeighborDifferences(),
                student_transform=NeighborDifferences(),
                distance=LpDistance(p=2, reduce="mean"),
                weight=consistency_weight,
                name="first_order",
            ),
            SoftTargets(
                temperature=1.0,
                correction=HardTargets(),
                selection=ConfidentTargets(0.0, unlabelled_only=True),
                weight=pseudo_weight,
                name="pseudo_labels",
            ),
        ],
        student_loss_weight=task_weight,
    )
