"""GAN distillation of a detector: a critic for the maps of every scale.

Equation:  L = a L_det + b sum_k [ -log D_k(r_k(F_s^k))
                                   - log D_k(F_t^k) - log(1 - D_k(f^k)) ] ,
           f^k = r_k(F_s^k) held
Symbols:   F_t^k, F_s^k (batch, height, width, channels) maps of scale k of
           teacher and student; r_k a 1x1 convolution, trained, where they
           differ in shape, else nothing; D_k the sigmoid of a
           convolutional critic's score, one for each scale, which learns
           from the last two terms alone; b = `weight`; a = `task_weight`.
Paper:     Hong et al., *GAN-Knowledge Distillation for One-Stage Object
           Detection*, IEEE Access 2020, arXiv:1906.08467.
Survey:    Sec 5.2.1 and 15.2.1, Eqn 11, Table 3, ref [100].
Differs:   confirmed from the abstract and the authors' page of their code:
           maps of the teacher are the true samples, maps of the student the
           fake ones, for a detector of one stage, and no other cost than the
           detector's; six critics of convolutions that shrink a map, as SSD
           has six scales, here one for each pair of taps. Inferred: the
           channels of the critics and b. The student's term is the one that
           does not saturate; critics and student are updated at once, by one
           optimizer, instead of in turns.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import Adversarial
from tfkd.methods.card import Card
from tfkd.methods.detectors import pyramid_pairs
from tfkd.methods.detectors import same_regions
from tfkd.models import critics
from tfkd.transforms import Regressor

CARD = Card(
    key="gan_kd_detection",
    columns={
        "GAN type": "First type",
        "Purpose": "Object detection",
        "D's input": "Features",
        "Number of D": "Six",
        "On-line": "No",
    },
    task="detection",
    options={"critic_filters": (3, 4)},
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    critic_filters: tuple = (64, 128),
    weight: float = 0.1,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Detector.
        student: Detector of the same regions; its larger maps are averaged to
            the teacher's size.
        pairs: `((teacher_tap, student_tap), ...)`, one a scale; the stages
            and `"fpn"` if absent.
        critic_filters: Channels of the critics' convolutions.
        weight: b >= 0, a number or schedule. It scales the critics' own loss
            as well.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no such detectors, there is no pair, a
            tap does not exist or is no map of known size, or a number is out
            of range.
    """
    same_regions("gan_kd_detection", teacher, student)
    if pairs is None:
        pairs = pyramid_pairs(teacher, student)
    if not pairs:
        raise InputError(
            "gan_kd_detection needs at least one pair of taps, received "
            "none. Name them in `pairs`."
        )
    games = []
    for teacher_tap, student_tap in pairs:
        shape = taps.shape(teacher, teacher_tap)
        alike = shape[1:] == taps.shape(student, student_tap)[1:]
        games.append(
            Adversarial(
                critics.maps(shape, filters=critic_filters),
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                student_transform=None if alike else Regressor(),
                weight=weight,
                name=f"game_{student_tap}",
            )
        )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=games,
        student_loss_weight=task_weight,
    )
