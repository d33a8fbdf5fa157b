"""Structured distillation of segmentation: pixels, pairs and the whole.

Equation:  L = a H(y, softmax(z_s)) + b_1 L_pixel + b_2 L_pair + b_3 L_whole
           L_pixel = 1/R sum_i KL(softmax(z_t,i) || softmax(z_s,i))
           L_pair = 1/N^2 sum_ij (a_t,ij - a_s,ij)^2,
                    a_ij = f_i . f_j / (||f_i|| ||f_j||)
           L_whole = -D(z_s|x) + [D(z_s|x) - D(z_t|x)
                     + l (||dD/dz||_2 - 1)^2], critic's part in brackets
Symbols:   z_t, z_s (batch, h, w, classes) logits; R = h w; f_i feature of
           node i, a patch of `patch` x `patch` positions of a tap; N nodes;
           D critic that sees the image x; a = `task_weight`,
           b_1 = `pixel_weight`, b_2 = `pair_weight`, b_3 = `whole_weight`,
           l = `gradient_penalty`.
Paper:     Liu et al., *Structured Knowledge Distillation for Semantic
           Segmentation*, CVPR 2019, arXiv:1903.04197.
Survey:    Sec 5.2.2 and 15.1, Eqn 12, Table 3, ref [151].
Differs:   weights and the critic's penalty are those of the authors'
           released code (10, 1, 0.1; 10); the paper has one weight for
           L_pixel and L_pair. There the pixels' cross-entropy is summed over
           the batch, the norms of f have no gradient, and `patch` is half
           the map. D is a small one, with self-attention at one resolution;
           it learns at the same time, by the student's optimizer, instead of
           in turns, so its steps also carry the weight b_3.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import Adversarial
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import dense_logits
from tfkd.transforms import MapCritic
from tfkd.transforms import PositionAffinity

CARD = Card(
    key="skd_seg",
    columns={
        "GAN type": "Second type (WGAN-GP)",
        "Purpose": "Semantic segmentation",
        "D's input": "Features",
        "Number of D": "One",
        "On-line": "No",
    },
    options={"critic_filters": (4, 8)},
    task="segmentation",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    condition_tap: str | None = None,
    patch: int = 2,
    pool: str = "max",
    pixel_weight: float = 10.0,
    pair_weight: float = 1.0,
    whole_weight: float = 0.1,
    task_weight: float = 1.0,
    gradient_penalty: float = 10.0,
    critic_filters: tuple = (64, 128, 256),
):
    """Builds the distiller.

    Args:
        teacher: Segmenter to dense logits `(batch, height, width, classes)`.
        student: Segmenter to logits of the same shape.
        teacher_tap: f of the teacher; its last stage if absent.
        student_tap: f of the student; its last stage if absent.
        condition_tap: x, a tap of the student; its rescaled input if absent.
        patch: Positions a node is wide and high, at least 1.
        pool: `"max"` or `"average"` over a patch.
        pixel_weight: b_1 >= 0, a number or schedule.
        pair_weight: b_2 >= 0, likewise.
        whole_weight: b_3 >= 0, likewise; no critic is made where it is 0.
        task_weight: a >= 0, likewise.
        gradient_penalty: l >= 0.
        critic_filters: Channels of the critic's convolutions.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If logits are not dense or differ in shape, a tap is no
            map, or a number is out of range.
    """
    dense_logits("skd_seg", teacher, student)
    teacher_tap = teacher_tap or taps.stages(teacher)[-1]
    student_tap = student_tap or taps.stages(student)[-1]
    nodes = _nodes(teacher, teacher_tap, student, student_tap, patch)
    losses = [
        SoftTargets(temperature=1.0, weight=pixel_weight, name="pixel"),
        FeatureMatch(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            teacher_transform=PositionAffinity(nodes, pool),
            student_transform=PositionAffinity(nodes, pool),
            distance=LpDistance(p=2, reduce="mean"),
            weight=pair_weight,
            name="pair",
        ),
    ]
    whole = schedules.get(whole_weight, "whole_weight", minimum=0.0)
    if not isinstance(whole, schedules.Constant) or whole.value > 0:
        losses.append(
            Adversarial(
                MapCritic(critic_filters),
                teacher_tap="logits",
                student_tap="logits",
                condition_tap=condition_tap or taps.image(student),
                kind="wgan_gp",
                gradient_penalty=gradient_penalty,
                weight=whole,
                name="whole",
            )
        )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )


def _nodes(teacher, teacher_tap, student, student_tap, patch):
    """Rows and columns of nodes, as many as patches in the smaller map."""
    taps.common_size(teacher, teacher_tap, student, student_tap)
    at_least("skd_seg", "patch", patch, 1)
    sizes = [
        taps.shape(teacher, teacher_tap)[1:3],
        taps.shape(student, student_tap)[1:3],
    ]
    return tuple(max(1, min(pair) // patch) for pair in zip(*sizes))
