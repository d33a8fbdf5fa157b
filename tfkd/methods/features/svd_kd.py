"""SVD distillation: singular vectors move through layers as the teacher's.

Equation:  X_l = U_l diag(s) V_l^T;  v_l = s_j / ||s||_2 times column j of V_l
           R_cdj = exp(-(v^l_cj - v^(l-1)_dj)^2 / 8)
           L = a H(y, softmax(z_s)) + b sum_l sum_cdj (R(t) - R(s))_cdj^2,
           the gradient of the second term clipped to the length of the
           first one's, weight by weight
Symbols:   X_l (height * width, channels) map of an example at sensing point
           l; c, d channels of two neighbouring points; j up to `count`; s
           the teacher's; the student's vector j is its singular vector most
           parallel to the teacher's; a = `task_weight`; b = `weight`.
Paper:     Lee, Kim & Song, *Self-supervised Knowledge Distillation Using
           Singular Value Decomposition*, ECCV 2018, arXiv:1807.06819.
Survey:    Sec 4.2 and 13.2, Table 2, ref [130], printed as [274].
Differs:   confirmed from the authors' public code: R, the alignment, sums
           over c, d and j and a batch, clipping; `count` is 1 or 4 there.
           Here a mean over the batch, which clipping hides. Its later form
           is `basis="teacher"`. A map of other width is sent through a 1x1
           convolution with batch normalization, as in that form. Singular
           values closer than 1e-4 of the largest count as equal in the
           gradient. Of its first code, the slow start of clipping over an
           epoch is left to `ratio`.
"""

from tfkd import taps
from tfkd.distillers import ClippedDistiller
from tfkd.losses import SingularVectorFlow
from tfkd.methods.card import Card

CARD = Card(
    key="svd_kd",
    columns={
        "TF_t": "Truncated SVD",
        "TF_s": "Truncated SVD",
        "Position": "End of layer group",
        "Distance": "L2",
        "Lost knowledge": "Spatial dimensions",
    },
    zero_when_equal=True,
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    count: int = 1,
    basis: str = "own",
    weight: float = 1.0,
    ratio: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network with convolutional stages.
        student: Likewise.
        pairs: `((teacher_tap, student_tap), ...)`, at least two sensing
            points from front to back; the stages, paired from the last, if
            absent.
        count: Singular vectors a map, at least 1.
        basis: `"own"`, or `"teacher"`: the student's map is projected on the
            teacher's left vectors instead of being decomposed.
        weight: b >= 0, a number or schedule.
        ratio: Length of the clipped gradient over that of the task's, >= 0,
            a number or schedule.
        task_weight: a > 0, a number or schedule.

    Returns:
        A `ClippedDistiller`, not compiled. It needs the TensorFlow backend.

    Raises:
        InputError: If there are fewer than two pairs, a tap is no map of
            `count` channels, or an argument is out of range.
    """
    return ClippedDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=SingularVectorFlow(
            pairs=pairs or taps.stage_pairs(teacher, student),
            count=count,
            basis=basis,
            weight=weight,
        ),
        student_loss_weight=task_weight,
        ratio=ratio,
    )
