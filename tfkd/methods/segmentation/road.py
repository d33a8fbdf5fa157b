"""ROAD: features of real images stay real, and each region looks real.

Equation:  L = a mean_S H(y, softmax(z)) + b mean_T mean_i ||F_t,i - F_s,i||_2
               + c [ mean_T r_m(-D_m) + 1/2 (mean_S r_m(-D_m)
                                             + mean_T r_m(D_m)) ] ,
           r_m(x) = mean over regions m of softplus(x)
Symbols:   S the images with masks y, made by a computer; T the real ones
           without (-1); F_t, F_s (batch, h, w, channels) features of a
           network that knows real images and of the student, i positions;
           D_m (batch,) scores of the features in region m of `grid`, by a
           critic of its own, which learns from the parentheses alone; a =
           `task_weight`, b = `weight`, c = `critic_weight`.
Paper:     Chen, Li & Van Gool, *ROAD: Reality Oriented Adaptation for
           Semantic Segmentation of Urban Scenes*, CVPR 2018,
           arXiv:1711.11556.
Survey:    Sec 15.1, ref [38].
Differs:   confirmed in the abstract and in summaries: a segmenter that
           imitates a pre-trained network on real images, and an alignment of
           domains by spatial regions. Inferred: the Euclidean norm of each
           position, 3 x 3 regions of equal size, all weights, and critics of
           convolutions. The game is `DomainGame`'s, with the student's
           optimizer for all, and the mean over regions.
"""

from tfkd import taps
from tfkd.distances import L21Distance
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import DomainGame
from tfkd.losses import UnlabelledMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import dense_logits
from tfkd.models import part_critics
from tfkd.transforms import Regressor

CARD = Card(
    key="road",
    status="simplified",
    simplified=(
        "both terms follow the abstract: the paper's distance, regions, game "
        "and weights could not be confirmed"
    ),
    needs=("unlabelled",),
    task="segmentation",
    options={"critic_filters": (4,)},
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    grid: tuple = (3, 3),
    weight: float = 0.1,
    critic_weight: float = 0.01,
    task_weight: float = 1.0,
    critic_filters: tuple = (64, 128),
):
    """Builds the distiller.

    Args:
        teacher: Network that was trained on real images, for any task: the
            paper's classified ImageNet, and the student began with a copy.
        student: Segmenter to dense logits `(batch, height, width, classes)`,
            trained on made images with masks and on real ones without.
        teacher_tap: Name of F_t; the last stage if absent.
        student_tap: Name of F_s; the last stage if absent. Where it differs
            from F_t in width, a trained `Regressor` follows it.
        grid: Rows and columns of regions.
        weight: b >= 0, a number or schedule.
        critic_weight: c >= 0, likewise.
        task_weight: a >= 0, likewise.
        critic_filters: Channels of the critics' convolutions.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the student's logits are not dense, the taps are no
            maps of one size, the grid is finer, or a number is out of range.
    """
    dense_logits("road", student, student)
    teacher_tap = teacher_tap or taps.stages(teacher)[-1]
    student_tap = student_tap or taps.stages(student)[-1]
    shape = taps.shape(student, student_tap)
    if taps.common_size(teacher, teacher_tap, student, student_tap) is not None:
        raise InputError(
            "road compares features position by position and needs maps of "
            f"one size, received {taps.shape(teacher, teacher_tap)} of the "
            f"teacher and {shape} of the student. Choose other taps."
        )
    alike = taps.shape(teacher, teacher_tap)[1:] == shape[1:]
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            UnlabelledMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                student_transform=None if alike else Regressor(),
                distance=L21Distance(axis=-1, reduce="mean"),
                weight=weight,
                name="real_style",
            ),
            DomainGame(
                part_critics.regions(shape, grid=grid, filters=critic_filters),
                student_tap=student_tap,
                weight=critic_weight,
                name="regions",
            ),
        ],
        student_loss_weight=task_weight,
    )
