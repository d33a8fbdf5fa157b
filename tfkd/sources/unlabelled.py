"""Further inputs without labels."""

import numpy as np

from tfkd.errors import InputError


def with_unlabelled(x, y, extra):
    """Appends inputs without labels to a data set.

    Args:
        x: Inputs, an array `(examples, ...)`.
        y: Class labels `(examples,)` as whole numbers, or `None`.
        extra: Further inputs of the same shape.

    Returns:
        Inputs and labels of all; the label of `extra` is -1, and labels stay
        `None` where there are none. Inputs have the dtype of x, or one that
        holds both where x holds whole numbers and `extra` does not.

    Raises:
        InputError: If shapes do not fit, or labels are no whole numbers.
    """
    x, extra = np.asarray(x), np.asarray(extra)
    if x.shape[1:] != extra.shape[1:]:
        raise InputError(
            "Unlabelled inputs must have the shape of the labelled ones, "
            f"received {extra.shape[1:]} and {x.shape[1:]}. "
            "tfkd.sources.as_stimulus fits images of another data set."
        )
    # No fraction and no sign is lost where x holds whole numbers.
    exact = np.can_cast(extra.dtype, x.dtype, "same_kind")
    dtype = x.dtype if exact else np.result_type(x, extra)
    joined = np.concatenate([x.astype(dtype), extra.astype(dtype)])
    if y is None:
        return joined, None
    y = np.asarray(y)
    if not np.issubdtype(y.dtype, np.signedinteger) or y.shape != x.shape[:1]:
        raise InputError(
            "Labels beside unlabelled inputs must be signed whole numbers of "
            f"shape {x.shape[:1]}, as -1 marks those without; received dtype "
            f"{y.dtype} and shape {y.shape}. Take the argmax of one-hot rows."
        )
    return joined, np.concatenate([y, np.full(len(extra), -1, y.dtype)])
