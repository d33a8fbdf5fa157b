"""Differences of an example times those of the next one in the batch."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.numerics import flatten


@keras.saving.register_keras_serializable("tfkd")
class AdjacentProduct(Distance):
    """Where an example and the next one are both wrong.

    Equation:  d_b = B / (B - 1) sum_f |t_bf - s_bf| |t_(b+1)f - s_(b+1)f|
               for b < B - 1, and 0 for the last, so that the mean over
               examples is that over the B - 1 neighbours
    Symbols:   t, s (batch, features) the tensors, flattened; B = batch.

    It depends on the order of the batch. A batch of one has the value 0.
    """

    pairwise = True

    def call(self, teacher, student):
        gap = ops.abs(flatten(teacher) - flatten(student))
        products = ops.sum(gap * ops.roll(gap, -1, axis=0), axis=-1)
        position = ops.arange(ops.shape(gap)[0])
        last = ops.shape(gap)[0] - 1
        neighbours = ops.cast(ops.maximum(last, 1), gap.dtype)
        share = ops.cast(last + 1, gap.dtype) / neighbours
        return ops.where(position < last, share * products, 0.0)
