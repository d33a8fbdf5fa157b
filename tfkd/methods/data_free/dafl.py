"""DAFL: a generator makes images that the teacher is sure about.

Equation:  L_G = o H(argmax z_t, softmax(z_t)) - a mean |f_t|
                     - i H(mean_b softmax(z_t)),  on x = G(noise)
           L_S = b t^2 KL(softmax(z_t / t) || softmax(z_s / t))
Symbols:   z_t, z_s (batch, classes) logits; f_t the teacher's features; o =
           `one_hot`; a = `activation`; i = `entropy`; H of the mean in
           base 10; t = `temperature`; b = `weight`.
Paper:     Chen et al., *Data-Free Learning of Student Networks*, ICCV 2019,
           arXiv:1904.01186, Eqns 2-6 and Algorithm 1.
Survey:    Sec 5, 9.3 and 16.5, Eqn 11 with the teacher as D, Tables 3 and 7,
           ref [35].
Differs:   o, a, i, t and the base of the entropy as in the authors' released
           code. The generator ends in a sigmoid of a normalized map, scaled
           to the teacher's raw inputs, where that code normalizes a tanh.
           Its optimizer is Adam, at `generator_learning_rate`.
"""

from tfkd.distillers import DataFreeDistiller
from tfkd.losses import ConfidentImages
from tfkd.losses import SoftTargets
from tfkd.methods import made_images
from tfkd.methods.card import Card

CARD = Card(
    key="dafl",
    columns={
        "GAN type": "First type",
        "Purpose": "Classification",
        "D's input": "Logits",
        "Number of D": "One",
        "On-line": "No",
        "Original data needed": "N",
        "Metadata or prior info.": "N",
        "Number of generators": "One",
        "Inputs": "Noise",
        "Discriminator": "Teacher",
        "Multi-task distillation": "N",
    },
    options={"value_range": (0.0, 16.0), "noise_size": 8, "filters": (8, 4)},
)


def build(
    *,
    teacher,
    student,
    value_range: tuple = (0.0, 255.0),
    feature_tap: str = "embedding",
    one_hot: float = 1.0,
    activation: float = 0.1,
    entropy: float = 5.0,
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
    noise_size: int = 100,
    filters: tuple = (128, 64),
    generator_learning_rate: float = 0.001,
    seed: int = 0,
):
    """Builds the distiller; its `fit` needs no data.

    Args:
        teacher: Classifier with one input of fixed size.
        student: Classifier of the same classes and inputs.
        value_range: `(low, high)` of the teacher's raw inputs.
        feature_tap: f_t, the teacher's features below the logits.
        one_hot: o >= 0.
        activation: a >= 0.
        entropy: i >= 0.
        temperature: t > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: Of labels, where data are given to `fit` besides.
        noise_size: Width of the noise, at least 1.
        filters: Channels of the generator's maps.
        generator_learning_rate: Of the generator's Adam, > 0.
        seed: Of the generator's weights and of the noise.

    Returns:
        A `DataFreeDistiller`, not compiled: `fit(epochs=...,
        steps_per_epoch=..., batch_size=...)`.

    Raises:
        InputError: If the tap does not exist, classes differ in number, or
            an argument is out of range.
    """
    return DataFreeDistiller(
        student=student,
        teacher=teacher,
        generator=made_images.generator(
            "dafl",
            teacher,
            noise_size=noise_size,
            value_range=value_range,
            filters=filters,
            seed=seed,
        ),
        generator_losses=ConfidentImages(
            feature_tap=feature_tap,
            one_hot=one_hot,
            activation=activation,
            entropy=entropy,
        ),
        generator_optimizer=made_images.adam(generator_learning_rate),
        distillation_losses=SoftTargets(temperature=temperature, weight=weight),
        student_loss_weight=task_weight,
        seed=seed,
    )
