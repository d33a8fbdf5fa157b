"""KSANC: squeezed attention on the way, a critic of logits at the end.

Equation:  L = g L_adv(D(z_t), D(z_s)) + l ||z_t - z_s||_2^2
               + b sum_k ||d_t^k - d_s^k||_2^2 + a H(y, softmax(z_s))
           d^k = sum_i m_i W F_i,  m = softmax_i(w . (W F_i + z))
           critic:   -log D(z_t) - log(1 - D(z_s)) - r log D(z_s)
                         + l2 ||W_D||_2^2 + c [H(y, C(z_t)) + H(y, C(z_s))]
           student:  -log D(z_s) + c H(y, C(z_s))
Symbols:   z_t, z_s (batch, classes) logits; F_i feature at position i of a
           map at depth k; W, w weights of an attention estimator of each
           network and depth; d (batch, classes) squeezed knowledge; D =
           sigmoid of the first output of a perceptron of hidden widths
           `units` and weights W_D, C its further outputs; y labels; g =
           `adversarial_weight`; l = `logit_weight`; b = `weight`; c =
           `class_weight`; r = `confusion`; a = `task_weight`.
Paper:     Shu, Li, Xie, Qu, Dai & Ma, *Knowledge Squeezed Adversarial Network
           Compression*, arXiv:1904.05100; AAAI 2020.
Survey:    Sec 4.2, Table 2, ref [31] (Sec 4.2.4 prints [110]).
Differs:   confirmed from the paper's abstract and public notes on it: three
           losses (adversarial on logits, with regularizers of D and with
           classes; L2 of logits; L2 of squeezed descriptors), and an
           estimator that weighs a map by the input of the softmax with a
           convolution. Inferred: the descriptor is as wide as the logits;
           the regularizers are those of `anc`; all weights. The teacher's
           estimators learn to keep the teacher's answer, by a dense layer
           and KL. Updates are simultaneous. The survey's average pooling is
           the weighted mean.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import Adversarial
from tfkd.losses import FeatureMatch
from tfkd.losses import TeacherLayer
from tfkd.methods.card import Card
from tfkd.models import critics
from tfkd.transforms import SqueezedAttention

CARD = Card(
    key="ksanc",
    status="simplified",
    simplified=(
        "the attention estimator's layers and how the teacher's one is "
        "trained could not be confirmed: here by the teacher's answer"
    ),
    columns={
        "TF_t": "Average pooling",
        "TF_s": "Average pooling",
        "Position": "Middle layers",
        "Distance": "L2 + L_GAN",
        "Lost knowledge": "Spatial dims",
    },
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    weight: float = 1.0,
    adversarial_weight: float = 1.0,
    logit_weight: float = 1.0,
    task_weight: float = 0.0,
    class_weight: float = 1.0,
    confusion: float = 1.0,
    l2: float = 0.0,
    units: tuple = (128, 256, 128),
):
    """Builds the distiller.

    Args:
        teacher: Classifier with convolutional stages.
        student: Classifier of the same classes, likewise.
        pairs: `((teacher_tap, student_tap), ...)` of the maps; the stages,
            paired from the last, if absent.
        weight: b >= 0, a number or schedule.
        adversarial_weight: g >= 0, likewise; it scales the critic's loss
            too.
        logit_weight: l >= 0, likewise.
        task_weight: a >= 0, likewise.
        class_weight: c >= 0; labels are not needed where it and a are 0.
        confusion: r >= 0.
        l2: Factor >= 0 of the critic's squared weights.
        units: Widths of the critic's hidden layers.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no map, classes differ in
            number, or a number is out of range.
    """
    shape = taps.shape(teacher, "logits")
    outputs = 1 + shape[-1] if class_weight else 1
    critic = critics.mlp(shape, units=units, l2=l2, outputs=outputs)
    ends = {"teacher_tap": "logits", "student_tap": "logits"}
    square = LpDistance(p=2, reduce="sum")
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            Adversarial(
                critic,
                **ends,
                confusion=confusion,
                class_weight=class_weight,
                weight=adversarial_weight,
            ),
            FeatureMatch(
                **ends, distance=square, weight=logit_weight, name="logits"
            ),
            *(
                _squeezed(*pair, square, weight)
                for pair in pairs or taps.stage_pairs(teacher, student)
            ),
        ],
        student_loss_weight=task_weight,
    )


def _squeezed(teacher_tap, student_tap, distance, weight):
    """The loss of one depth; the teacher's estimator learns by it, too."""
    return TeacherLayer(
        SqueezedAttention(),
        teacher_tap=(teacher_tap, "logits"),
        parts=[
            FeatureMatch(
                teacher_tap="layer",
                student_tap=(student_tap, "logits"),
                student_transform=SqueezedAttention(),
                distance=distance,
                weight=weight,
            )
        ],
        name=f"squeezed_{student_tap}",
    )
