"""DFAD: a generator seeks images on which teacher and student differ.

Equation:  min_S max_G  E_e || z_t(G(e)) - z_s(G(e)) ||_1 / classes
           mode "log":  G lowers - log(1 + that mean)
Symbols:   e (batch, `noise_size`) Gaussian noise; z_t, z_s (batch, ...,
           classes) logits, the mean over positions where they are dense maps;
           `student_steps` steps of S for one of G, each on new noise.
Paper:     Fang et al., *Data-Free Adversarial Distillation*,
           arXiv:1912.11006.
Survey:    Sec 5.2.1, 9.3 and 15.1, Eqn 11 with teacher and student as D,
           Tables 3 and 7, ref [57].
Differs:   the mean over classes, 5 steps, and Adam at 1e-3 for G are those of
           the authors' released code, whose line for the logarithm is
           commented out. That code trains S by SGD with momentum 0.9. The
           generator here is smaller, and ends in a sigmoid scaled to the
           teacher's raw inputs.
"""

from tfkd.distances import LpDistance
from tfkd.distillers import DataFreeDistiller
from tfkd.errors import unknown
from tfkd.losses import FeatureMatch
from tfkd.losses import Opposed
from tfkd.methods import made_images
from tfkd.methods.card import Card

CARD = Card(
    key="dfad",
    columns={
        "GAN type": "First type",
        "Purpose": "Classification, semantic segmentation",
        "D's input": "Logits",
        "Number of D": "One",
        "On-line": "No",
        "Original data needed": "N",
        "Metadata or prior info.": "N",
        "Number of generators": "One",
        "Inputs": "Noise/images",
        "Discriminator": "Teacher + student",
        "Multi-task distillation": "N",
    },
    zero_when_equal=True,
    options={
        "value_range": (0.0, 16.0),
        "noise_size": 8,
        "filters": (8, 4),
        "student_steps": 1,
    },
)

_MODES = {"plain": False, "log": True}


def build(
    *,
    teacher,
    student,
    value_range: tuple = (0.0, 255.0),
    mode: str = "plain",
    student_steps: int = 5,
    weight: float = 1.0,
    task_weight: float = 0.0,
    noise_size: int = 100,
    filters: tuple = (128, 64),
    generator_learning_rate: float = 0.001,
    seed: int = 0,
):
    """Builds the distiller; its `fit` needs no data.

    Args:
        teacher: Classifier or segmenter with one input of fixed size.
        student: Network of the same outputs and inputs.
        value_range: `(low, high)` of the teacher's raw inputs.
        mode: `"plain"` or `"log"`, of what the generator lowers.
        student_steps: Steps of the student for one of the generator.
        weight: Of the student's loss, a number or schedule.
        task_weight: Of labels, where data are given to `fit` besides.
        noise_size: Width of the noise, at least 1.
        filters: Channels of the generator's maps.
        generator_learning_rate: Of the generator's Adam, > 0.
        seed: Of the generator's weights and of the noise.

    Returns:
        A `DataFreeDistiller`, not compiled: `fit(epochs=...,
        steps_per_epoch=..., batch_size=...)`, in steps of the student.

    Raises:
        InputError: If outputs differ in shape, or an argument is out of
            range.
    """
    if mode not in _MODES:
        raise unknown("mode of dfad", mode, _MODES)

    def discrepancy(**arguments):
        return FeatureMatch(
            teacher_tap="logits",
            student_tap="logits",
            distance=LpDistance(p=1),
            name="discrepancy",
            **arguments,
        )

    return DataFreeDistiller(
        student=student,
        teacher=teacher,
        generator=made_images.generator(
            "dfad",
            teacher,
            noise_size=noise_size,
            value_range=value_range,
            filters=filters,
            seed=seed,
        ),
        generator_losses=Opposed(discrepancy(), log=_MODES[mode]),
        generator_optimizer=made_images.adam(generator_learning_rate),
        student_steps=student_steps,
        distillation_losses=discrepancy(weight=weight),
        student_loss_weight=task_weight,
        seed=seed,
    )
