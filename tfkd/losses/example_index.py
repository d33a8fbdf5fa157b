"""The stable numbers of examples, checked."""

from keras import ops

from tfkd.errors import InputError


def checked_index(index, size, name):
    """Returns the numbers of a batch's examples as int32 `(batch,)`.

    Args:
        index: Numbers of any integer type, or `None`.
        size: They must be in 0 to `size - 1`.
        name: Name of the loss that needs them, for the error.

    Raises:
        InputError: If the batch has none, or one is known to be outside; what
            is only known while a compiled step runs is not checked.
    """
    if index is None:
        raise InputError(
            f"The loss {name!r} needs the stable number of each example, and "
            "the batch has none. Fit on x = {'student': images, 'index': "
            f"numbers}} with numbers in 0 to {size - 1}."
        )
    index = ops.reshape(ops.cast(index, "int32"), (-1,))
    try:
        ends = int(ops.min(index)), int(ops.max(index))
    except TypeError:  # Not known while a step is compiled.
        return index
    if ends[0] < 0 or ends[1] >= size:
        raise InputError(
            f"The loss {name!r} needs indices in 0 to {size - 1}, received "
            f"{ends[0]} to {ends[1]}. Give `size` the number of training "
            "examples."
        )
    return index
