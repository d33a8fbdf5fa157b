"""What methods share that translate source images to the target's style."""

from tfkd import taps
from tfkd.distillers import DomainTranslator
from tfkd.errors import InputError
from tfkd.losses import DomainGame
from tfkd.models import critics


def source_model(method, teacher, student):
    """Returns the network that was trained in the source domain.

    Args:
        method: Key of the method.
        teacher: A model, or a teacher that has one.
        student: A model of the same classes and images.

    Raises:
        InputError: If it differs in inputs or in classes, or inputs are no
            images.
    """
    model = getattr(teacher, "model", teacher)
    shapes = [
        (tuple(m.input_shape), taps.shape(m, "logits"))
        for m in (model, student)
    ]
    if shapes[0] != shapes[1] or len(shapes[0][0]) != 4:
        raise InputError(
            f"{method} needs a network of the source domain with the images "
            f"and the classes of the student, received {shapes[0]} and "
            f"{shapes[1]}: shapes of inputs and of logits. Build both alike."
        )
    return model


def domain_translator(student, **arguments):
    """Returns a `DomainTranslator` of the student's images.

    Args:
        student: A model of images.
        **arguments: See `DomainTranslator`.

    Raises:
        InputError: If an argument is out of range.
    """
    return DomainTranslator(
        input_shape=tuple(student.input_shape[1:]), **arguments
    )


def feature_game(student, tap, *, critic_filters, kind, weight):
    """Returns the `DomainGame` of a map, or of a vector of the student.

    Args:
        student: A model.
        tap: Name of its tensor; logits are seen as probabilities.
        critic_filters: Channels of the critic's convolutions, or widths of
            its layers.
        kind: `"vanilla"` or `"lsgan"`.
        weight: Factor of the game, a number or schedule.

    Raises:
        InputError: If the tap does not exist, or an argument is out of range.
    """
    shape = taps.shape(student, tap)
    if len(shape) == 4:
        critic = critics.patches(
            shape, filters=critic_filters, probabilities=tap == "logits"
        )
    else:
        critic = critics.mlp(shape, units=critic_filters)
    return DomainGame(
        critic, student_tap=tap, kind=kind, weight=weight, name=f"game_{tap}"
    )
