"""GAN Compression: a small translator keeps the features of a large one.

Equation:  L = l_r R + l_a [ game of G(x) against y ]
               + l_d sum_k mean (r_k(F_k) - F'_k)^2
           R = mean |y - G(x)|  where images are paired,  else
           R = mean |G'(x) - G(x)|
Symbols:   x, y (batch, height, width, channels) images and what they become;
           G the student, G' the teacher; F_k, F'_k their taps; r_k 1x1
           convolutions, trained; the game's critic starts as the teacher's
           and sees x too where images are paired; l_r =
           `reconstruction_weight`, l_a = `adversarial_weight`, l_d =
           `weight`.
Paper:     Li, Lin, Ding, Liu, Zhu & Han, *GAN Compression: Efficient
           Architectures for Interactive Conditional GANs*, CVPR 2020,
           arXiv:2003.08936.
Survey:    Sec 5.2.1, 15.5 and 17.1, Eqns 10 and 12, Table 3, ref [137].
Differs:   confirmed in the authors' code: hinge game, L1, mean squares of
           features through 1x1 convolutions, factors 100, 1 and 1, a critic
           that is restored, and sees the input of paired images alone. There
           pixels lie in [-1, 1] (scale l_r with theirs), and the critic's own
           term counts half; here both players move at once.
"""

import keras

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import Adversarial
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.image_games import generator_and_critic
from tfkd.methods.image_games import image_critic
from tfkd.methods.image_games import images_to_images
from tfkd.transforms import Regressor

CARD = Card(
    key="gan_compression",
    status="simplified",
    simplified=(
        "channels of the student are the user's: no once-for-all network is "
        "trained and searched"
    ),
    columns={
        "GAN type": "First/Second type",
        "Purpose": "Image translation",
        "D's input": "Features",
        "Number of D": "One",
        "On-line": "No",
    },
    options={"critic_filters": (4, 8)},
    instead="makes images",
    example="""\
from tfkd.models import translator

teacher = translator.build((28, 28, 1), value_range=(0.0, 1.0))
student = translator.build(
    (28, 28, 1), value_range=(0.0, 1.0), filters=(4, 4)
)
labels = 1.0 - images  # What images become: negatives.
loss = "mae"
""",
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    paired: bool = True,
    critic_filters: tuple = (64, 128),
    kind: str = "hinge",
    reconstruction_weight: float = 100.0,
    adversarial_weight: float = 1.0,
    weight: float = 1.0,
):
    """Builds the distiller.

    Fit it on `(x, y)`; where `paired` compile with the loss `"mae"`, else
    without a loss, and y are any images of the other kind.

    Args:
        teacher: A translator, or a list of it and its critic.
        student: A smaller translator, see `tfkd.models.translator`.
        pairs: `((teacher_tap, student_tap), ...)`; those of the stages if
            absent.
        paired: Whether y is what x becomes.
        critic_filters: Channels of the critic's convolutions, where the
            teacher has none.
        kind: Of game, see `tfkd.losses.Adversarial`.
        reconstruction_weight: l_r >= 0, a number or schedule.
        adversarial_weight: l_a >= 0, a number or schedule; it scales the
            critic's loss, too.
        weight: l_d >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no translators of images of one size, a
            tap does not exist, or an argument is out of range.
    """
    generator, critic = generator_and_critic("gan_compression", teacher)
    given, made = images_to_images("gan_compression", student)
    pairs = pairs or taps.stage_pairs(generator, student)
    losses = [
        FeatureMatch(
            teacher_tap=theirs,
            student_tap=own,
            student_transform=Regressor(),
            weight=weight,
            name=f"at_{own}",
        )
        for theirs, own in pairs
    ]
    losses.append(
        Adversarial(
            image_critic(
                "gan_compression",
                made,
                condition=given if paired else None,
                critic=critic,
                filters=critic_filters,
            ),
            teacher_tap=None,
            student_tap="outputs",
            condition_tap="inputs" if paired else None,
            kind=kind,
            weight=adversarial_weight,
        )
    )
    if not paired:
        losses.append(
            FeatureMatch(
                teacher_tap="outputs",
                student_tap="outputs",
                distance=LpDistance(p=1),
                weight=reconstruction_weight,
                name="reconstruction",
            )
        )
    return Distiller(
        student=student,
        network=taps.extend(
            student,
            [own for _, own in pairs],
            lambda inputs, _: {
                "inputs": keras.layers.Identity(name="inputs_tap")(inputs)
            },
        ),
        teacher=generator,
        distillation_losses=losses,
        student_loss_weight=reconstruction_weight if paired else 0.0,
    )
