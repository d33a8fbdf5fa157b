"""GAN-assisted compression: the teacher answers inputs that a GAN makes, too.

Equation:  stage 1 (`gan_epochs`):  G, an AC-GAN of the training data
           stage 2:  L = b/2 ||z_t(x) - z_s(x)||_2^2 + a H(y, softmax(z_s)),
                     each batch x = G(e, c) with probability p, else of the
                     training data
Symbols:   z_t, z_s (batch, classes) logits; e Gaussian noise, c a class,
           uniform; y labels, of training data only; p = `made_share`; b =
           `weight`; a = `task_weight`.
Paper:     Liu, Fusi & Mackey, *Teacher-Student Compression with Generative
           Adversarial Networks*, arXiv:1812.02271 (first version: *Model
           Compression with Generative Adversarial Networks*).
Survey:    Sec 5.2.2, Eqn 12 for G, Table 3, ref [149], whose purpose is
           printed as image translation: it is compression of classifiers.
Differs:   half the squared distance of logits, p = 0.8, batches that are
           either made or real, no labels, and a GAN trained before are
           confirmed from the authors' released code. There a new set is
           made for every epoch, here a new batch for every step. Inputs
           without a label get the teacher's class in stage 1. Layers of
           G are those of DCGAN; its optimizer is AC-GAN's.
"""

from tfkd import sources
from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import ClassGAN
from tfkd.distillers import GANDistiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least

CARD = Card(
    key="tsc_gan",
    status="simplified",
    simplified="tree ensembles as teachers are left out: networks only",
    columns={
        "GAN type": "Second type (AC-GAN)",
        "Purpose": "Image translation",
        "D's input": "Features",
        "Number of D": "One",
        "On-line": "No",
    },
    zero_when_equal=True,
    options={
        "value_range": (0.0, 16.0),
        "gan_epochs": 1,
        "noise_size": 8,
        "filters": (8, 4),
    },
)


def build(
    *,
    teacher,
    student,
    value_range: tuple = (0.0, 255.0),
    made_share: float = 0.8,
    gan_epochs: int = 100,
    gan_learning_rate: float = 0.0002,
    noise_size: int = 100,
    filters: tuple = (128, 64),
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller; the first `fit` trains the GAN before.

    Args:
        teacher: Classifier with one input of fixed size.
        student: Classifier of the same classes and inputs.
        value_range: `(low, high)` of the raw inputs.
        made_share: p in [0, 1].
        gan_epochs: Of stage 1, at least 1, over the data that `fit` is given.
        gan_learning_rate: Of its Adam, > 0.
        noise_size: Width of e, at least 1.
        filters: Channels of the generator's maps.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0; 0 in the paper: labels are not needed.
        seed: Whole number behind the GAN and what it makes.

    Returns:
        A `GANDistiller`, not compiled. Its first `fit` takes arrays.

    Raises:
        InputError: If classes differ in number, an input has no fixed size,
            or an argument is out of range.
    """
    gan = ClassGAN(
        input_shape=sources.input_shape(getattr(teacher, "model", teacher)),
        classes=taps.shape(teacher, "logits")[-1],
        value_range=sources.check_range(value_range),
        noise_size=at_least("tsc_gan", "noise_size", noise_size, 1),
        filters=filters,
        seed=seed,
    )
    return GANDistiller(
        gan=gan,
        made_share=made_share,
        gan_epochs=gan_epochs,
        gan_learning_rate=gan_learning_rate,
        seed=seed,
        student=student,
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap="logits",
            student_tap="logits",
            distance=LpDistance(p=2, reduce="sum"),
            weight=weight,
            name="logits",
        ),
        distillation_loss_weights=[0.5],
        student_loss_weight=task_weight,
    )
