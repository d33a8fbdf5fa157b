"""What methods share that make images, by a generator or otherwise."""

import keras

from tfkd import sources
from tfkd.distillers import SynthesisDistiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.methods.checks import at_least
from tfkd.models import fresh
from tfkd.models import generator as generators


def generator(key, teacher, *, noise_size, value_range, filters, seed):
    """Returns a new generator of a teacher's inputs.

    Args:
        key: Key of the method.
        teacher: Model with one input of fixed size, or a frozen teacher.
        noise_size: Width of the noise.
        value_range: `(low, high)` of the teacher's raw inputs.
        filters: Channels of the generator's maps.
        seed: Of its weights.

    Raises:
        InputError: If an argument is out of range.
    """
    network = generators.build(
        sources.input_shape(getattr(teacher, "model", teacher)),
        noise_size=at_least(key, "noise_size", noise_size, 1),
        value_range=sources.check_range(value_range),
        filters=filters,
    )
    return fresh.fresh_copy(network, seed)


def adam(learning_rate, **arguments):
    """Returns a generator's optimizer.

    Args:
        learning_rate: Of it, > 0.
        **arguments: See `keras.optimizers.Adam`.

    Raises:
        InputError: If the learning rate is not positive.
    """
    if not learning_rate > 0:
        raise InputError(
            f"generator_learning_rate must be > 0, received {learning_rate!r}."
        )
    return keras.optimizers.Adam(learning_rate, **arguments)


def metadata_of(key, metadata, kind, record):
    """Returns what was recorded of a teacher's features.

    Args:
        key: Key of the method.
        metadata: A `kind`, or inputs to record it of.
        kind: Class of it.
        record: Called with inputs; returns a `kind`.

    Raises:
        InputError: If it is absent, or `record` raises.
    """
    if metadata is None:
        raise InputError(
            f"{key} needs what was recorded of the teacher on its data, "
            "received metadata=None. Pass real inputs, or a "
            f"tfkd.sources.{kind.__name__} made of them before."
        )
    return metadata if isinstance(metadata, kind) else record(metadata)


def distilled_on(
    source, *, examples, teacher, student, temperature, weight, task_weight
):
    """Returns a distiller on what a source makes of a teacher.

    Args:
        source: See `tfkd.distillers.SynthesisDistiller`.
        examples: Images a set.
        teacher: Classifier.
        student: Classifier of the same classes and inputs.
        temperature: Of the soft targets, a number or schedule.
        weight: Of them, a number or schedule.
        task_weight: Of the classes that images were made for.

    Raises:
        InputError: If classes differ in number, or a number is out of range.
    """
    return SynthesisDistiller(
        source=source,
        examples=examples,
        student=student,
        teacher=teacher,
        distillation_losses=SoftTargets(temperature=temperature, weight=weight),
        student_loss_weight=task_weight,
    )
