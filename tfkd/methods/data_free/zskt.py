"""Zero-shot transfer: a generator seeks where beliefs do not match yet.

Equation:  L_G = - KL(p_t || p_s) / classes,  p = softmax(z)
           L_S = KL(p_t || p_s) / classes + b sum_j mean (Q(F_t^j) - Q(F_s^j))^2
           on x = G(noise);  Q(F) = sum_c F_c^2 / ||sum_c F_c^2||_2
Symbols:   z_t, z_s (batch, classes) logits; F^j (batch, height, width,
           channels) end of layer group j; b = `attention`; `student_steps`
           steps of S for one of G, on the same noise.
Paper:     Micaelli & Storkey, *Zero-shot Knowledge Transfer via Adversarial
           Belief Matching*, NeurIPS 2019, arXiv:1905.09768, Algorithm 1.
Survey:    Sec 9, Eqn 11 with teacher and student as D, and Eqn 10, Table 7,
           ref [169].
Differs:   the division by the number of classes, b = 250 that fits it, 10
           steps, temperature 1 and gradients of G clipped at norm 5 are those
           of the authors' released code, which clips the student's, too, with
           Adam at 2e-3 and cosine decay for both. There a batch of images is
           held for all steps; here its noise is, so that from the second step
           on the images are those of the generator that has moved. The
           generator ends in a sigmoid scaled to the teacher's raw inputs.
"""

import functools

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import DataFreeDistiller
from tfkd.losses import Opposed
from tfkd.losses import SoftTargets
from tfkd.methods import made_images
from tfkd.methods.card import Card
from tfkd.methods.maps import map_losses
from tfkd.transforms import AttentionMap

CARD = Card(
    key="zskt",
    columns={
        "Original data needed": "N",
        "Metadata or prior info.": "N",
        "Number of generators": "One",
        "Inputs": "Noise",
        "Discriminator": "Teacher",
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


def build(
    *,
    teacher,
    student,
    value_range: tuple = (0.0, 255.0),
    pairs: tuple | None = None,
    attention: float = 250.0,
    student_steps: int = 10,
    task_weight: float = 0.0,
    noise_size: int = 100,
    filters: tuple = (128, 64),
    generator_learning_rate: float = 0.001,
    seed: int = 0,
):
    """Builds the distiller; its `fit` needs no data.

    Args:
        teacher: Classifier with convolutional stages and one input of fixed
            size.
        student: Classifier of the same classes and inputs.
        value_range: `(low, high)` of the teacher's raw inputs.
        pairs: `((teacher_tap, student_tap), ...)`; the stages, paired from
            the last, if absent.
        attention: b >= 0, a number or schedule.
        student_steps: Steps of the student for one of the generator.
        task_weight: Of labels, where data are given to `fit` besides.
        noise_size: Width of the noise, at least 1.
        filters: Channels of the generator's maps.
        generator_learning_rate: Of the generator's Adam, > 0.
        seed: Of the generator's weights and of the noise.

    Returns:
        A `DataFreeDistiller`, not compiled: `fit(epochs=...,
        steps_per_epoch=..., batch_size=...)`, in steps of the student.

    Raises:
        InputError: If a tap is not 4-D, classes differ in number, or an
            argument is out of range.
    """
    share = 1.0 / taps.shape(teacher, "logits")[-1]
    maps = map_losses(
        teacher=teacher,
        student=student,
        pairs=pairs or taps.stage_pairs(teacher, student),
        transform=functools.partial(AttentionMap, 2),
        distance=LpDistance(p=2),
        weight=attention,
        name="attention",
    )
    return DataFreeDistiller(
        student=student,
        teacher=teacher,
        generator=made_images.generator(
            "zskt",
            teacher,
            noise_size=noise_size,
            value_range=value_range,
            filters=filters,
            seed=seed,
        ),
        generator_losses=Opposed(SoftTargets(temperature=1.0), weight=share),
        generator_optimizer=made_images.adam(
            generator_learning_rate, global_clipnorm=5.0
        ),
        student_steps=student_steps,
        hold_noise=True,
        distillation_losses=[
            SoftTargets(temperature=1.0, weight=share),
            *maps,
        ],
        student_loss_weight=task_weight,
        seed=seed,
    )
