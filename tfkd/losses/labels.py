"""Labels as a batch carries them, made alike for losses."""

from keras import ops
from keras.backend import is_float_dtype

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


def right_answers(logits, rows):
    """Returns 1 where the largest logit is that of the label, else 0.

    Args:
        logits: `(batch, ..., classes)`.
        rows: Labels as `label_rows` returns them.

    Returns:
        Shape `(batch, ...)`; 0 where there is no label.
    """
    best = ops.argmax(logits, axis=-1)
    chosen = ops.one_hot(best, logits.shape[-1], dtype=rows.dtype)
    return ops.sum(chosen * rows, axis=-1)


def labelled_examples(labels, name):
    """Returns 1 for examples of which something is known, else 0: `(batch,)`.

    Args:
        labels: Whole numbers `(batch, ...)`, -1 where there is no label; rows
            `(batch, ..., classes)` of floats, zeros where there is none; or
            boxes `(batch, objects, 5)`, with a row of class -2 where nothing
            is known of an image.
        name: Name of the loss that needs them, for the error.

    Raises:
        InputError: If the batch has no labels.
    """
    if labels is None:
        raise InputError(
            f"The loss {name!r} tells labelled examples from others, and the "
            "batch has no labels. Fit on (inputs, labels); -1 marks an "
            "unlabelled one."
        )
    shape, floats = tuple(labels.shape), is_float_dtype(labels.dtype)
    if floats and len(shape) == 3 and shape[-1] == 5:
        known = ops.all(labels[..., 4] != -2, axis=-1)
    else:
        rows = floats and len(shape) > 1 and shape[-1] != 1
        known = labels > 0 if rows else labels >= 0
        known = ops.any(ops.reshape(known, (ops.shape(labels)[0], -1)), axis=-1)
    return ops.cast(known, "float32")


def box_labels(labels, name):
    """Returns labels that are boxes.

    Args:
        labels: What the batch has.
        name: Name of the loss that needs them, for the error.

    Raises:
        InputError: If they are no boxes `(batch, objects, 5)`.
    """
    if labels is None or len(labels.shape) != 3 or labels.shape[-1] != 5:
        raise InputError(
            f"The loss {name!r} needs labels (batch, objects, 5): boxes in "
            "pixels and classes, negative ones for padding; received "
            f"{getattr(labels, 'shape', labels)}."
        )
    return labels
