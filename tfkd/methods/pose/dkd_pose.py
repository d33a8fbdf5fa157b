"""Dynamic kernels: what one frame showed of a pose is matched in the next.

Equation:  L = a sum_t L_task(y_t, h_t)
               + b [ -log D(h, I) - log D(y, I) - log(1 - D(h, I)) ] ,
           h_0 = S(I_0) ,  h_(t+1) = k_t * f_(t+1) + c ,  k_t = P([f_t, h_t])
Symbols:   I (batch, frames, height, width, channels) films; h, y maps of the
           joints of all frames, found and known; f_t features of frame t by a
           light network; S a larger one, for the first frame; P makes a
           kernel k_t for every joint; * convolution; D the sigmoid of a
           temporal critic, which sees the film and how maps change from frame
           to frame, and learns from its last two terms; a = `task_weight`, b
           = `weight`.
Paper:     Nie, Li, Luo, Zhang & Feng, *Dynamic Kernel Distillation for
           Efficient Pose Estimation in Videos*, ICCV 2019, arXiv:1908.09216.
Survey:    Sec 15.2.5, ref [182].
Differs:   confirmed in the abstract and a summary with the figure: kernels
           distilled from the previous frame by one pass, from features joined
           with maps; matching by convolution; a pose initializer; a temporal
           discriminator. Inferred: the vanilla game (the paper cites one that
           balances an autoencoder), what the critic sees, both weights. Game
           and student share one optimizer. The networks are
           `tfkd.models.pose_kernels`.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import Adversarial
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.models import part_critics
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="dkd_pose",
    status="simplified",
    simplified=(
        "a plain game in the place of the paper's temporal adversarial "
        "training, whose form and weights could not be confirmed"
    ),
    teacher="none",
    task="pose",
    options={"critic_filters": (4, 8)},
    example="""\
from tfkd.models import pose_kernels
from tfkd.tasks import digit_poses

found = digit_poses.poses(64, frames=3)
x, labels = found.images, task.heat_maps(found.points, 16)
student = pose_kernels.build(input_shape=x.shape[1:])
""",
)


def build(
    *,
    teacher=None,
    student,
    film_tap: str = "rescaling",
    weight: float = 0.001,
    task_weight: float = 1.0,
    critic_filters: tuple = (64, 128),
):
    """Builds the distiller.

    Args:
        teacher: `None`: every frame teaches the next.
        student: Network of films to maps `(batch, frames, height, width,
            joints)`: see `tfkd.models.pose_kernels`.
        film_tap: Name of I.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, likewise, of the loss that is compiled.
        critic_filters: Channels of the critic's convolutions.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a teacher is given, the student does not answer for
            every frame, the tap is no film, or a number is out of range.
    """
    no_teacher("dkd_pose", teacher)
    maps = taps.shape(student, "logits")
    if len(maps) != 5:
        raise InputError(
            "dkd_pose needs a network of films to maps (batch, frames, height, "
            f"width, joints), received logits {maps}. Build it with "
            "tfkd.models.pose_kernels.build()."
        )
    film = taps.shape(student, film_tap)
    return Distiller(
        student=student,
        teacher=SelfTeacher(),
        distillation_losses=Adversarial(
            part_critics.films(maps, condition=film, filters=critic_filters),
            teacher_tap=None,
            student_tap="logits",
            condition_tap=film_tap,
            weight=weight,
            name="temporal",
        ),
        student_loss_weight=task_weight,
    )
