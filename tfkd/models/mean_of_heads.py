"""What several heads of one network say together."""

import math

import keras
from keras import ops

from tfkd.errors import InputError


@keras.saving.register_keras_serializable("tfkd")
class MeanOfHeads(keras.layers.Layer):
    """Log-probabilities of the mean prediction: logits of the ensemble.

    Equation:  z = ln 1/M sum_m softmax(z_m)
    Symbols:   z_m (batch, ..., classes) logits of head m of M.

    It is called with the list of the z_m.

    Raises:
        InputError: If there are fewer than two heads.
    """

    def build(self, input_shape):
        if len(input_shape) < 2:
            raise InputError(
                "A mean of heads needs at least two, received shapes "
                f"{input_shape}."
            )

    def call(self, logits):
        log_p = [ops.log_softmax(z, axis=-1) for z in logits]
        return ops.logsumexp(ops.stack(log_p), axis=0) - math.log(len(log_p))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[0])
