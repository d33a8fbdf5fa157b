"""What methods share that teach a network which makes images."""

import keras

from tfkd import taps
from tfkd.errors import InputError
from tfkd.models import critics


def generator_and_critic(method, teacher, *, required=False):
    """Returns the teacher's generator, and its critic or `None`.

    Args:
        method: Key of the method.
        teacher: A generator, or a list of it and its critic.
        required: Whether there must be a critic.

    Raises:
        InputError: If they are no such models.
    """
    given = list(teacher) if isinstance(teacher, (list, tuple)) else [teacher]
    given = [getattr(part, "model", part) for part in given]
    if not 1 + bool(required) <= len(given) <= 2 or not all(
        isinstance(part, keras.Model) for part in given
    ):
        raise InputError(
            f"{method} needs teacher=[generator, critic]"
            f"{'' if required else ', or a generator alone'}, keras.Models; "
            f"received {teacher!r}."
        )
    return given[0], (given[1] if len(given) == 2 else None)


def images_to_images(method, student):
    """Returns the shapes of what a translator takes and of what it makes.

    Args:
        method: Key of the method.
        student: A model.

    Raises:
        InputError: If they are no images of one size.
    """
    shapes = [tuple(student.inputs[0].shape), taps.shape(student, "outputs")]
    if any(len(shape) != 4 for shape in shapes) or (
        shapes[0][1:3] != shapes[1][1:3]
    ):
        raise InputError(
            f"{method} needs a student from images (batch, height, width, "
            f"channels) to images of their size, received {shapes[0]} and "
            f"{shapes[1]}. Build it with tfkd.models.translator.build()."
        )
    return shapes


def image_critic(method, image, *, condition=None, critic=None, filters):
    """Returns the critic of a game: a copy of one that is known, or a new one.

    Args:
        method: Key of the method.
        image: Shape of the images, with batch.
        condition: Shape of what it sees beside them; none if absent.
        critic: The critic that is copied, with its weights.
        filters: Channels of the convolutions of a new one.

    Raises:
        InputError: If the critic takes other tensors.
    """
    if critic is None:
        return critics.maps(image, condition=condition, filters=filters)
    wanted = [shape[1:] for shape in (image, condition) if shape is not None]
    found = [tuple(tensor.shape)[1:] for tensor in critic.inputs]
    if found != wanted:
        raise InputError(
            f"The critic of {method} must take tensors of shapes {wanted} "
            f"without batch: the image{', and the input' * bool(condition)}; "
            f"received one of {found}. Build it with "
            "tfkd.models.critics.maps()."
        )
    copy = keras.models.clone_model(critic)
    copy.set_weights(critic.get_weights())
    return copy
