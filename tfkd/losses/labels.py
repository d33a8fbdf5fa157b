"""Labels as a batch carries them, made alike for losses."""

from keras import ops

from tfkd.errors import InputError


def label_rows(labels, logits, name):
    """Returns labels as a distribution over classes, in the logits' shape.

    Args:
        labels: Integers `(batch, ...)`, -1 where there is no label, or
            distributions `(batch, ..., classes)`.
        logits: `(batch, ..., classes)`.
        name: Name of the loss that needs them, for the error.

    Returns:
        One-hot rows, or those given; zeros where there is no label.

    Raises:
        InputError: If the batch has no labels.
    """
    if labels is None:
        raise InputError(
            f"The loss {name!r} needs labels, and the batch has none. Fit on "
            "(inputs, labels); -1 marks an unlabelled one."
        )
    if len(labels.shape) == len(logits.shape) and (
        labels.shape[-1] == logits.shape[-1]
    ):
        return ops.cast(labels, logits.dtype)
    labels = ops.reshape(labels, ops.shape(logits)[:-1])
    # one_hot of -1 is all zeros.
    return ops.one_hot(labels, logits.shape[-1], dtype=logits.dtype)
