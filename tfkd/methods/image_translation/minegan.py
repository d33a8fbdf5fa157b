"""MineGAN: a small network finds the noise of which a GAN makes new images.

Equation:  critic:  mean D(G(M(z))) - mean D(x) + l (||dD|| - 1)^2
           miner:   -mean D(G(M(z)))
Symbols:   z (batch, noise) noise; M the student, the miner, from noise to
           noise; G the teacher, a generator, frozen; x few images of the
           target; D the critic, which starts as the teacher's; l =
           `gradient_penalty`; || || at images between x and those made; g =
           `adversarial_weight` scales both.
Paper:     Wang, Gonzalez-Garcia, Berga, Herranz, Khan & van de Weijer,
           *MineGAN: Effective Knowledge Transfer from GANs to Target Domains
           with Few Images*, CVPR 2020, arXiv:1912.05270.
Survey:    Sec 5.2.1, Eqn 11, Table 3, ref [247] (printed Minigan).
Differs:   the miner, the frozen generator, the critic that is tuned and the
           Wasserstein game are the survey's. Both players move at once, where
           a critic usually takes several steps for one.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import Adversarial
from tfkd.methods.card import Card
from tfkd.methods.image_games import generator_and_critic
from tfkd.methods.image_games import image_critic
from tfkd.teachers import FrozenLayer
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="minegan",
    status="simplified",
    simplified=(
        "one generator is mined, without a selector of several, and nothing "
        "is tuned after the miner"
    ),
    columns={
        "GAN type": "First type (WGAN-GP)",
        "Purpose": "Image generation",
        "D's input": "Features",
        "Number of D": "One/Multiple",
        "On-line": "Yes",
    },
    options={"critic_filters": (4, 8)},
    instead="makes images",
    example="""\
from tfkd.models import generator

teacher = generator.build((28, 28, 1), noise_size=16)
noise = keras.Input((16,))
hidden = keras.layers.Dense(32, activation="relu")(noise)
student = keras.Model(noise, keras.layers.Dense(16)(hidden))
x = np.random.normal(size=(64, 16)).astype("float32")
labels = images  # The few images of the target.
loss = None
""",
)


def build(
    *,
    teacher,
    student,
    critic_filters: tuple = (64, 128),
    kind: str = "wgan_gp",
    gradient_penalty: float = 10.0,
    adversarial_weight: float = 1.0,
):
    """Builds the distiller.

    Fit it on noise and as many images of the target, `(z, x)`, and compile
    without a loss. Afterwards `generator(miner(z))` makes images.

    Args:
        teacher: G, see `tfkd.models.generator`, or a list of it and its
            critic.
        student: M, a model from noise to the generator's noise.
        critic_filters: Channels of the critic's convolutions, where the
            teacher has none.
        kind: Of game, see `tfkd.losses.Adversarial`.
        gradient_penalty: l >= 0, for `"wgan_gp"` only.
        adversarial_weight: g >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the miner does not make the generator's noise, or an
            argument is out of range.
    """
    generator, critic = generator_and_critic("minegan", teacher)
    made, wanted = taps.shape(student, "outputs"), generator.inputs[0].shape
    if tuple(made[1:]) != tuple(wanted[1:]):
        raise InputError(
            "minegan needs a student, the miner, that makes the noise of the "
            f"generator, {tuple(wanted)}, received {tuple(made)}. End it in "
            "as many outputs."
        )

    def extra(inputs, tensors):
        layer = FrozenLayer(generator, ["outputs"], differentiable=True)
        (image,) = layer(tensors["outputs"])
        return {"image": image}

    return Distiller(
        student=student,
        network=taps.extend(student, ["outputs"], extra),
        teacher=SelfTeacher(),
        distillation_losses=Adversarial(
            image_critic(
                "minegan",
                taps.shape(generator, "outputs"),
                critic=critic,
                filters=critic_filters,
            ),
            teacher_tap=None,
            student_tap="image",
            kind=kind,
            gradient_penalty=gradient_penalty,
            weight=adversarial_weight,
        ),
        student_loss_weight=0.0,
    )
