"""A graph's edges, from the states of its nodes."""

import keras
from keras import ops

from tfkd.models.message_passing import MessagePassing


@keras.saving.register_keras_serializable("tfkd")
class GraphDecoder(keras.layers.Layer):
    """Guesses which nodes are linked, of nodes that exist.

    Equation:  A'_uv = sigmoid(q_u . q_v),  q = message passing over z
    Symbols:   z (batch, nodes, features) states; q of `units` numbers.

    Called with the list `[z, adjacency]`.

    Args:
        units: Width of q.
        **kwargs: See `keras.layers.Layer`.
    """

    def __init__(self, units=8, **kwargs):
        super().__init__(**kwargs)
        self.units = int(units)

    def build(self, input_shape):
        self.code = MessagePassing(
            self.units,
            activation="linear",
            name="code",
            dtype=self.dtype_policy,
        )
        self.code.build(input_shape)

    def call(self, inputs):
        _, adjacency = inputs
        code = self.code(inputs)
        guess = ops.sigmoid(ops.matmul(code, ops.swapaxes(code, -1, -2)))
        exists = ops.diagonal(adjacency, axis1=-2, axis2=-1) > 0
        both = ops.logical_and(exists[:, :, None], exists[:, None])
        return ops.where(both, guess, ops.zeros_like(guess))

    def compute_output_shape(self, input_shape):
        return input_shape[1]

    def get_config(self):
        return {**super().get_config(), "units": self.units}
