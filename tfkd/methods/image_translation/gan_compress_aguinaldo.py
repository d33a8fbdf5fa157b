"""Compressed GANs: a small generator draws what a large one would.

Equation:  L = b mean (G'(z) - G(z))^2 + g [ game of G(z) against images ]
Symbols:   z (batch, noise) noise; G the student, G' the teacher, both with
           images (batch, height, width, channels); b = `weight`, g =
           `adversarial_weight`, 0 in the paper's first variant.
Paper:     Aguinaldo, Chiang, Gain, Patil, Pearson & Feizi, *Compressing GANs
           using Knowledge Distillation*, 2019, arXiv:1902.00159.
Survey:    Sec 5.2.1 and 15.5, Eqns 10 and 11, Table 3, ref [5].
Differs:   confirmed from a summary: the squared error of pixels, a joint
           loss with a game for sharper images, teachers of the type of a
           convolutional Wasserstein GAN. The survey's Table 3 says
           classification and features; the paper makes images and compares
           pixels. How the two terms are weighted is not confirmed. Both
           players move at once.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import Adversarial
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.image_games import generator_and_critic
from tfkd.methods.image_games import image_critic

CARD = Card(
    key="gan_compress_aguinaldo",
    columns={
        "GAN type": "First type",
        "Purpose": "Classification",
        "D's input": "Features",
        "Number of D": "One",
        "On-line": "No",
    },
    options={"critic_filters": (4, 8), "adversarial_weight": 0.01},
    instead="makes images",
    example="""\
from tfkd.models import generator

sizes = {"noise_size": 16, "value_range": (0.0, 1.0)}  # As images have it.
teacher = generator.build((28, 28, 1), **sizes)
student = generator.build((28, 28, 1), **sizes, filters=(8, 4))
x = np.random.normal(size=(64, 16)).astype("float32")
labels = images  # For the game alone: any images.
loss = None
""",
)


def build(
    *,
    teacher,
    student,
    adversarial_weight: float = 0.0,
    critic_filters: tuple = (64, 128),
    kind: str = "wgan_gp",
    weight: float = 1.0,
):
    """Builds the distiller.

    Fit it on noise alone, and compile without a loss; with the game, fit it
    on noise and as many images, `(z, images)`.

    Args:
        teacher: A generator, see `tfkd.models.generator`, or a list of it
            and its critic.
        student: A smaller generator from the same noise.
        adversarial_weight: g >= 0; it scales the critic's loss, too.
        critic_filters: Channels of the critic's convolutions, where the
            teacher has none.
        kind: Of game, see `tfkd.losses.Adversarial`.
        weight: b >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the images differ in shape, or an argument is out of
            range.
    """
    generator, critic = generator_and_critic("gan_compress_aguinaldo", teacher)
    losses = [
        FeatureMatch(
            teacher_tap="outputs",
            student_tap="outputs",
            weight=weight,
            name="pixels",
        )
    ]
    if adversarial_weight:
        losses.append(
            Adversarial(
                image_critic(
                    "gan_compress_aguinaldo",
                    taps.shape(student, "outputs"),
                    critic=critic,
                    filters=critic_filters,
                ),
                teacher_tap=None,
                student_tap="outputs",
                kind=kind,
                weight=adversarial_weight,
            )
        )
    return Distiller(
        student=student,
        teacher=generator,
        distillation_losses=losses,
        student_loss_weight=0.0,
    )
