"""Lifelong GAN: a translator learns a new task and keeps its old answers.

Equation:  L = a ||B - G(A)||_1 + g L_adv + b ||G'(A') - G(A')||_1
           critic:     -log D(B, A) - log(1 - D(G(A), A))
           generator:  -log D(G(A), A)
Symbols:   A, B (batch, height, width, channels) images of the new task and
           what they become; G the student, G' the translator before it; A'
           montages: patches of a batch's images dealt out anew; D = sigmoid
           of a critic; norms are means over pixels; a = `task_weight`, of
           the loss that is compiled; g = `adversarial_weight`; b = `weight`.
Paper:     Zhai, Chen, Tung, He, Nawhal & Mori, *Lifelong GAN: Continual
           Learning for Conditional Image Generation*, ICCV 2019,
           arXiv:1907.10107.
Survey:    Sec 5.2.2 and 14.2, Eqns 10 and 12, Table 3, ref [282].
Differs:   confirmed from the abstract and a summary: distillation from the
           previous network with auxiliary data as inputs, without earlier
           data; that L1 compares outputs, and montages, are the survey's. b
           is not confirmed. Both players move at once.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import Adversarial
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.image_games import images_to_images
from tfkd.models import critics
from tfkd.teachers import ShownTeacher
from tfkd.transforms import Montage

CARD = Card(
    key="lifelong_gan",
    status="simplified",
    simplified=(
        "BicycleGAN's encoder and noise are left out, so that an image has "
        "one translation, and so are swapped pairs as auxiliary data"
    ),
    columns={
        "GAN type": "Second type (BicycleGAN)",
        "Purpose": "Image translation",
        "D's input": "Features",
        "Number of D": "One",
        "On-line": "Yes",
    },
    options={"critic_filters": (4, 8)},
    instead="makes images",
    example="""\
from tfkd.models import translator

teacher = translator.build((28, 28, 1), value_range=(0.0, 1.0))
student = keras.models.clone_model(teacher)
student.set_weights(teacher.get_weights())
labels = 1.0 - images  # The new task: negatives.
loss = "mae"
""",
)


def build(
    *,
    teacher,
    student,
    rows: int = 2,
    critic_filters: tuple = (64, 128),
    kind: str = "vanilla",
    adversarial_weight: float = 0.01,
    weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Fit it on images and what they become, `(A, B)`, and compile with the loss
    `"mae"`.

    Args:
        teacher: The translator before this task.
        student: A translator of images of the same size, which starts as the
            teacher: see `tfkd.models.translator`.
        rows: Patches that a montage is high and wide, at least 2.
        critic_filters: Channels of the critic's convolutions.
        kind: Of game, see `tfkd.losses.Adversarial`.
        adversarial_weight: g >= 0, a number or schedule; it scales the
            critic's loss, too.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the montages.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no translators of images of one size,
            or an argument is out of range.
    """
    shapes = images_to_images("lifelong_gan", student)
    return Distiller(
        student=student,
        network=taps.with_auxiliary(student, Montage(rows, seed)),
        teacher=ShownTeacher(getattr(teacher, "model", teacher)),
        distillation_losses=[
            FeatureMatch(
                teacher_tap="outputs",
                student_tap="auxiliary_outputs",
                distance=LpDistance(p=1),
                weight=weight,
                name="old_answers",
            ),
            Adversarial(
                critics.maps(
                    shapes[1], condition=shapes[0], filters=critic_filters
                ),
                teacher_tap=None,
                student_tap="outputs",
                condition_tap="inputs",
                kind=kind,
                weight=adversarial_weight,
            ),
        ],
        student_loss_weight=task_weight,
    )
