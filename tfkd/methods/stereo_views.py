"""What methods share whose student sees one image of a stereo pair."""

from tfkd import taps
from tfkd.errors import InputError


def one_eyed(method, student):
    """Returns the shape of the pair of a student of left images.

    Args:
        method: Key of the method.
        student: A model from left images to disparities of their size.

    Raises:
        InputError: If it is no such model.
    """
    given, found = (
        tuple(student.inputs[0].shape),
        taps.shape(student, "outputs"),
    )
    if (
        len(given) != 4
        or len(found) != 4
        or found[-1] != 1
        or given[1:3] != found[1:3]
    ):
        raise InputError(
            f"{method} needs a student from left images (batch, height, "
            f"width, channels) to disparities (batch, height, width, 1), "
            f"received shapes {given} and {found}. Build it with "
            "tfkd.tasks.displacement.model(input_shape=(24, 24, 1), "
            "channels=1)."
        )
    return (*given[:3], 2 * given[-1])
