"""Means over the positions of maps that count."""

from keras import ops

from tfkd.numerics import per_example


def masked_mean(values, mask=None):
    """Returns values `(batch,)` whose mean is that of positions that count.

    Args:
        values: `(batch, height, width, channels)`.
        mask: How much a position counts, `(batch, height, width, 1)`; all
            alike if absent. Where nothing of the batch counts, the result
            is 0.
    """
    if mask is None:
        return per_example(values)
    mask = ops.cast(mask, values.dtype)
    # What does not count must not even be infinite.
    values = ops.where(mask > 0, values, ops.zeros_like(values))
    each = per_example(ops.mean(values, axis=-1, keepdims=True) * mask, "sum")
    share = ops.mean(per_example(mask, "sum"))
    return each / ops.where(share > 0, share, ops.ones_like(share))
