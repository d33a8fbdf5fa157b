"""Portable GANs: the teacher's critic judges, its images teach a new critic.

Equation:  L = b |T - S| + g |D'(T) - D'(S)|
               + a { game of S against y
                     + c ( R(D(T)) + max(0, d(y, T) - d(y, S) + m) ) }
           d(A, B) = |D_f(A) - D_f(B)|
Symbols:   S = G(x) the student's image, T the teacher's; x, y (batch,
           height, width, channels) images and what they become; D the
           student's critic, D_f its features, D' those of the teacher's,
           frozen; R what the game says of a real score; norms are means; b =
           `weight`, g = `perceptual_weight`, a = `adversarial_weight`, c =
           `teaching_weight`, m = `margin`.
Paper:     Chen, Wang, Shu, Wen, Xu, Shi, Xu & Xu, *Distilling Portable
           Generative Adversarial Networks for Image Translation*, AAAI 2020,
           arXiv:2003.03519.
Survey:    Sec 5.2.1, 5.2.2 and 15.5, Eqns 10 and 12, Table 3, ref [34].
Differs:   confirmed from the abstract: low-level and high-level information
           of the teacher, and a student critic that measures the distances
           of real images from both generators' images. The terms are the
           survey's; factors, and which layer's features are compared, are not
           confirmed: here what the critics' last layers read. Both players
           move at once.
"""

import keras

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import TaughtCritic
from tfkd.methods.card import Card
from tfkd.methods.image_games import generator_and_critic
from tfkd.methods.image_games import images_to_images
from tfkd.models import critics
from tfkd.teachers import FrozenLayer
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="portable_gan",
    status="simplified",
    simplified=(
        "the terms are the survey's: factors, and the layer whose features "
        "critics compare, are inferred"
    ),
    columns={
        "GAN type": "First/Second type",
        "Purpose": "Image translation",
        "D's input": "Features",
        "Number of D": "Two",
        "On-line": "No",
    },
    teacher="many",
    options={"critic_filters": (4, 8)},
    instead="makes images",
    example="""\
from tfkd.models import critics
from tfkd.models import translator

teacher = translator.build((28, 28, 1), value_range=(0.0, 1.0))
other = critics.maps((None, 28, 28, 1))
student = translator.build(
    (28, 28, 1), value_range=(0.0, 1.0), filters=(4, 4)
)
labels = 1.0 - images  # Images of the other kind: negatives.
loss = None
""",
)


def build(
    *,
    teacher,
    student,
    teacher_critic_tap: str = "score:input",
    critic_filters: tuple = (64, 128),
    kind: str = "vanilla",
    margin: float = 1.0,
    teaching_weight: float = 1.0,
    adversarial_weight: float = 1.0,
    perceptual_weight: float = 10.0,
    weight: float = 10.0,
):
    """Builds the distiller.

    Fit it on `(x, y)` and compile without a loss; y need not be what this
    very x becomes.

    Args:
        teacher: A list of a translator and its critic of images.
        student: A smaller translator, see `tfkd.models.translator`.
        teacher_critic_tap: Of the teacher's critic, whose features compare
            the images.
        critic_filters: Channels of the student's critic's convolutions.
        kind: Of game, see `tfkd.losses.Adversarial`.
        margin: m >= 0.
        teaching_weight: c >= 0.
        adversarial_weight: a >= 0, a number or schedule; it scales all that
            the critic learns.
        perceptual_weight: g >= 0, a number or schedule.
        weight: b >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no translators of images of one size
            and a critic of them, or an argument is out of range.
    """
    generator, judge = generator_and_critic(
        "portable_gan", teacher, required=True
    )
    _, made = images_to_images("portable_gan", student)

    def extra(inputs, tensors):
        (answer,) = FrozenLayer(generator, ["outputs"])(inputs)
        (target,) = FrozenLayer(judge, [teacher_critic_tap])(answer)
        (seen,) = FrozenLayer(judge, [teacher_critic_tap], differentiable=True)(
            keras.tree.flatten(tensors["outputs"])[0]
        )
        return {"answer": answer, "target": target, "seen": seen}

    return Distiller(
        student=student,
        network=taps.extend(student, ["outputs"], extra),
        teacher=SelfTeacher(),
        distillation_losses=[
            FeatureMatch(
                teacher_tap="answer",
                student_tap="outputs",
                distance=LpDistance(p=1),
                weight=weight,
                name="pixels",
            ),
            FeatureMatch(
                teacher_tap="target",
                student_tap="seen",
                distance=LpDistance(p=1),
                weight=perceptual_weight,
                name="perceptual",
            ),
            TaughtCritic(
                critics.maps(made, filters=critic_filters),
                student_tap="outputs",
                answer_tap="answer",
                kind=kind,
                margin=margin,
                teaching_weight=teaching_weight,
                weight=adversarial_weight,
            ),
        ],
        student_loss_weight=0.0,
    )
