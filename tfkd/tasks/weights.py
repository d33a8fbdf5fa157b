"""Weights of what a metric counts."""

from keras import ops


def labelled(y_true, sample_weight, dtype):
    """Returns a weight for each label: 0 where it is -1.

    Args:
        y_true: Classes `(batch, ...)`.
        sample_weight: Weights of examples `(batch,)` or `(batch, 1)`, of
            parts of them, or `None`.
        dtype: Of the result.

    Returns:
        A tensor of the shape of `y_true`.
    """
    weight = ops.cast(y_true >= 0, dtype)
    if sample_weight is None:
        return weight
    factor = ops.cast(sample_weight, dtype)
    rank = len(weight.shape) - len(factor.shape)
    if rank == -1:
        # Keras takes weights (batch, 1) for (batch,), too.
        factor = ops.squeeze(factor, axis=-1)
    factor = ops.reshape(factor, (*ops.shape(factor), *([1] * rank)))
    return weight * factor
