"""TextKD-GAN: a generator of texts learns from an autoencoder's soft ones.

Equation:  L = b [L_D + L_G] ,
           L_D = D(G(z)) - D(A(x)) + l (||dD/du||_2 - 1)^2 ,  G held
           L_G = -D(G(z)) ,  D held
           u = a A(x) + (1 - a) G(z), a uniform in [0, 1)
Symbols:   x (batch, length) tokens of a real text; A(x) (batch, length,
           words) probabilities, by the teacher, an autoencoder that restores
           it: smooth where one-hot words tell real from made; G(z) those by
           the student, of noise z; D a critic; l = `gradient_penalty`; b =
           `weight`.
Paper:     Haidar & Rezagholizadeh, *TextKD-GAN: Text Generation using
           Knowledge Distillation and Generative Adversarial Networks*,
           Canadian AI 2019, arXiv:1905.01976.
Survey:    Sec 6.1, Eqn 11, ref [84], cited in a group only.
Differs:   confirmed from the paper's abstract and introduction: the
           autoencoder's softmax replaces one-hot text, and the generator
           learns to make texts like it, with no first training of its own.
           Inferred: l = 10, which is that of WGAN-GP, and the critic's
           convolutions. Critic and generator move in turns, as in WGAN-GP,
           whose critic has 5 batches for one of the generator's.
"""

from tfkd import taps
from tfkd.distillers import TurnsDistiller
from tfkd.errors import InputError
from tfkd.losses import Adversarial
from tfkd.methods.card import Card
from tfkd.models import critics
from tfkd.transforms import GaussianNoise

CARD = Card(
    key="textkd_gan",
    status="simplified",
    simplified=(
        "the autoencoder is trained before instead of in turns with the game"
    ),
    needs=("views",),
    task="sequence",
    options={"critic_filters": (8,)},
    example="""\
from tfkd.models import soft_text

sizes = {"length": x.shape[1], "vocabulary": int(x.max()) + 1}
teacher = soft_text.autoencoder(**sizes)
teacher.compile("adam", "sparse_categorical_crossentropy")
teacher.fit(x, x)
student = soft_text.generator(**sizes, noise=32)
# Zeros: each step adds noise of its own.
x = {"student": np.zeros((64, 32)), "teacher": x}
labels, loss = None, None
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "probabilities",
    student_tap: str = "probabilities",
    noise: float = 1.0,
    critic_filters: tuple = (64, 64),
    gradient_penalty: float = 10.0,
    critic_steps: int = 1,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller.

    Batches carry `x = {"student": zeros, "teacher": tokens}`; labels are not
    needed. What the student sees gets fresh noise at each step.

    Args:
        teacher: Autoencoder, from tokens to probabilities of words.
        student: Generator, from noise to such probabilities: see
            `tfkd.models.soft_text`.
        teacher_tap: Name of A(x).
        student_tap: Name of G(z).
        noise: Standard deviation, >= 0, of what is added to the student's
            inputs; 0 where batches carry the noise themselves.
        critic_filters: Channels of the critic's convolutions.
        gradient_penalty: l >= 0.
        critic_steps: Batches that the critic moves at, for one that the
            generator moves at as well; at least 1.
        weight: b >= 0, a number or schedule.
        task_weight: Factor >= 0 of the compiled loss, likewise.
        seed: Of the noise and of a.

    Returns:
        A `TurnsDistiller`, not compiled.

    Raises:
        InputError: If texts differ in shape, are no sequences of known
            length, or a number is out of range.
    """
    shapes = taps.shape(teacher, teacher_tap), taps.shape(student, student_tap)
    if shapes[0] != shapes[1]:
        raise InputError(
            "textkd_gan compares texts of one length and vocabulary, received "
            f"{shapes[0]} of the teacher and {shapes[1]} of the student."
        )
    return TurnsDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=Adversarial(
            critics.sequences(shapes[0], filters=critic_filters),
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            kind="wgan_gp",
            gradient_penalty=gradient_penalty,
            weight=weight,
            seed=seed,
        ),
        student_loss_weight=task_weight,
        critic_steps=critic_steps,
        student_view=GaussianNoise(noise, seed=seed) if noise else None,
    )
