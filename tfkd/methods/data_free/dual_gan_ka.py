"""Group-stack Dual-GAN: images that several teachers know, for one student.

Equation:  generator:  sum_i [ o H(argmax z_i, softmax(z_i)) - a mean |f_i|
                               - e H_10(mean_b softmax(z_i)) ]
           student:    b KL( softmax(z / T) || softmax(z_s / T) ),
                       z(l) = mean over teachers i with l in L_i of z_i(l)
Symbols:   z_i, f_i (batch, |L_i|) logits and features of teacher i, of the
           classes L_i, on made images; z_s (batch, classes) the student's
           logits, of all classes; mean_b over the batch; H_10 the entropy to
           the base 10; o = `one_hot`; a = `activation`; e = `entropy`; T =
           `temperature`; b = `weight`.
Paper:     Ye, Ji, Wang, Gao & Song, *Data-Free Knowledge Amalgamation via
           Group-Stack Dual-GAN*, CVPR 2020, arXiv:2003.09088.
Survey:    Sec 9.3 and 16.5, Eqns 11 and 24, Table 7, ref [271].
Differs:   confirmed from the abstract and a public summary: no data, a
           generator of which the teachers are the discriminators, in three
           groups, and a dual generator that goes on from its outputs and is
           the student. Inferred: what the teachers ask of images, DAFL's
           three terms, and the student's loss, that of amalgamation.
"""

from tfkd.distillers import DataFreeDistiller
from tfkd.losses import ConfidentImages
from tfkd.methods import label_sets as sets_lib
from tfkd.methods import made_images
from tfkd.methods.card import Card
from tfkd.teachers import as_ensemble

CARD = Card(
    key="dual_gan_ka",
    status="simplified",
    simplified=(
        "the generator is one group: the teachers do not judge its inner maps, "
        "and the student learns from images at once, not block by block from "
        "these maps; the losses could not be confirmed"
    ),
    teacher="many",
    columns={
        "Original data needed": "N",
        "Metadata or prior info.": "N",
        "Number of generators": "Three",
        "Inputs": "Noise",
        "Discriminator": "Teachers",
        "Multi-task distillation": "Y",
    },
    options={"value_range": (0.0, 16.0), "noise_size": 8, "filters": (8, 4)},
)


def build(
    *,
    teacher,
    student,
    value_range: tuple = (0.0, 255.0),
    label_sets: tuple | None = None,
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
        teacher: A list of classifiers of one input of fixed size, of their
            own sets of classes each.
        student: Classifier of all classes of all teachers.
        value_range: `(low, high)` of the teachers' raw inputs.
        label_sets: `((0, 1, 2), (2, 3), ...)`: of each teacher, the
            student's class that each of its logits scores; all of the
            student's classes for every teacher if absent.
        feature_tap: f_i, every teacher's features below the logits.
        one_hot: o >= 0.
        activation: a >= 0.
        entropy: e >= 0.
        temperature: T > 0.
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
        InputError: If the sets fit neither the teachers nor the student, a
            tap does not exist, or an argument is out of range.
    """
    ensemble = as_ensemble(teacher)
    sets = sets_lib.checked_sets("dual_gan_ka", label_sets, ensemble, student)
    return DataFreeDistiller(
        student=student,
        teacher=ensemble,
        generator=made_images.generator(
            "dual_gan_ka",
            ensemble.members[0],
            noise_size=noise_size,
            value_range=value_range,
            filters=filters,
            seed=seed,
        ),
        generator_losses=[
            ConfidentImages(
                logits_tap=f"{number}/logits",
                feature_tap=f"{number}/{feature_tap}",
                one_hot=one_hot,
                activation=activation,
                entropy=entropy,
                name=f"generator{number}",
            )
            for number in range(len(sets))
        ],
        generator_optimizer=made_images.adam(generator_learning_rate),
        distillation_losses=sets_lib.joined_targets(sets, temperature, weight),
        student_loss_weight=task_weight,
        seed=seed,
    )
