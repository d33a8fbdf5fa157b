"""Poses from depth: a small machine of stages follows a large one's stages.

Equation:  L = a L_task(y, S_s^K) + g sum_(k<K) mean (S_s^k - y)^2
               + b sum_k mean (S_t^k - S_s^k)^2 + c mean (F_t - r(F_s))^2
Symbols:   S^k (batch, h, w, maps) maps of stage k of a network, of body
           landmarks and of the affinities of parts, the last stages of both
           networks paired first; F features of the backbone, below all
           stages; r a 1x1 convolution to the teacher's channels; y labels; a
           = `task_weight`, g = `inner_task_weight`, b = `map_weight`, c =
           `feature_weight`.
Paper:     Martinez-Gonzalez, Villamizar, Canevet & Odobez, *Efficient
           Convolutional Neural Networks for Depth-Based Multi-Person Pose
           Estimation*, IEEE TCSVT 2019, arXiv:1912.00711.
Survey:    Sec 15.2.5, ref [166].
Differs:   confirmed in the abstract: light pose machines with a cascade of
           stages, and knowledge distillation at several levels of the
           architecture. Inferred: which levels, squared differences, all
           weights. The paper's semi-synthetic depth images and its adaptation
           to real ones are the user's data.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import LabelMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import dense_logits
from tfkd.methods.stacks import map_taps
from tfkd.methods.stacks import paired_maps
from tfkd.transforms import Regressor

CARD = Card(
    key="depth_pose",
    status="simplified",
    simplified=(
        "levels, norms and weights follow the abstract and the survey; the "
        "paper's adaptation to real depth images is left out"
    ),
    task="pose",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "stem",
    student_tap: str = "stem",
    map_weight: float = 1.0,
    feature_weight: float = 0.1,
    inner_task_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network to maps `(batch, height, width, maps)`, with inner
            maps `maps1`, `maps2`, ...: see `tfkd.tasks.pose.model()`.
        student: Network to maps of the same shape, likewise.
        teacher_tap: Name of F_t.
        student_tap: Name of F_s.
        map_weight: b >= 0, a number or schedule.
        feature_weight: c >= 0, likewise.
        inner_task_weight: g >= 0, likewise.
        task_weight: a >= 0, likewise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If maps differ in shape, a tap does not exist or is no
            map, or a number is out of range.
    """
    dense_logits("depth_pose", teacher, student)
    taps.common_size(teacher, teacher_tap, student, student_tap)
    stages = [
        FeatureMatch(
            teacher_tap=theirs,
            student_tap=own,
            weight=map_weight,
            name=f"maps_of_{own}",
        )
        for theirs, own in paired_maps(teacher, student)
    ]
    labels = [
        LabelMatch(
            student_tap=name, weight=inner_task_weight, name=f"labels_of_{name}"
        )
        for name in map_taps(student)[:-1]
    ]
    backbone = FeatureMatch(
        teacher_tap=teacher_tap,
        student_tap=student_tap,
        student_transform=Regressor(),
        weight=feature_weight,
        name="backbone",
    )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[*stages, *labels, backbone],
        student_loss_weight=task_weight,
    )
