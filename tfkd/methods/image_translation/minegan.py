"""MineGAN: a small network finds the noise of which a GAN makes new images.

Equation:  critic:  mean D(G(M(z))) - mean D(x) + l (||dD|| - 1)^2
           miner:   -mean D(G(M(z))); later, miner and generator
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
           Wasserstein game are the survey's. Confirmed in the authors' code:
           l = 10, and critic and miner move in turns, 5 batches of the critic
           for one of the miner's in the Wasserstein game, where the default
           here is 1; later steps move the generator together with the miner,
           which here is a second distiller, built with `tuned`.
"""

import keras

from tfkd import taps
from tfkd.distillers import TurnsDistiller
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
    simplified=("one generator is mined, without a selector of several"),
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

teacher = generator.build(
    (28, 28, 1), noise_size=16, value_range=(0.0, 1.0)
)
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
    critic_steps: int = 1,
    tuned: bool = False,
    adversarial_weight: float = 1.0,
):
    """Builds the distiller.

    Fit it on noise and as many images of the target, `(z, x)`, and compile
    without a loss. Afterwards `generator(miner(z))` makes images. To tune the
    generator then, build a second one of the same miner with `tuned=True`, and
    the first one's critic, `distillation_losses[0].critic`, as the teacher's:
    after its fit, `network(z)["image"]` are images.

    Args:
        teacher: G, see `tfkd.models.generator`, or a list of it and its
            critic.
        student: M, a model from noise to the generator's noise.
        critic_filters: Channels of the critic's convolutions, where the
            teacher has none.
        kind: Of game, see `tfkd.losses.Adversarial`.
        gradient_penalty: l >= 0, for `"wgan_gp"` only.
        critic_steps: Batches that the critic moves at, for one that the
            miner moves at as well; at least 1.
        tuned: Whether a copy of the generator is trained with the miner.
        adversarial_weight: g >= 0, a number or schedule.

    Returns:
        A `TurnsDistiller`, not compiled.

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

    if tuned:
        copy = keras.models.clone_model(generator)
        copy.set_weights(generator.get_weights())
        layer = taps.Peer(copy, tap=("outputs",), name="generator")
    else:
        layer = FrozenLayer(generator, ["outputs"], differentiable=True)

    def extra(inputs, tensors):
        (image,) = layer(tensors["outputs"])
        return {"image": image}

    return TurnsDistiller(
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
        critic_steps=critic_steps,
    )
