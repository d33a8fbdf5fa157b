"""What losses over positions share: padding counts nothing."""

from keras import ops


def mean_where(values, valid):
    """Returns the mean over valid positions, 0 where there is none.

    Args:
        values: `(batch, positions)`, finite.
        valid: Likewise, true where a position counts; `None` for all.

    Returns:
        Shape `(batch,)`.
    """
    if valid is None:
        return ops.mean(values, axis=-1)
    weight = ops.cast(valid, values.dtype)
    total = ops.sum(values * weight, axis=-1)
    return total / ops.maximum(ops.sum(weight, axis=-1), 1.0)
