"""What a graph is, from what its nodes are."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("tfkd")
class NodeMean(keras.layers.Layer):
    """Mean of the states of a graph's nodes; padding does not count.

    Called with the list `[states, adjacency]`, `(batch, nodes, units)` and
    `(batch, nodes, nodes)`; a node with A_vv = 0 is padding, whose state must
    be zero, as `MessagePassing` leaves it.
    """

    def call(self, inputs):
        states, adjacency = inputs
        exists = ops.diagonal(adjacency, axis1=-2, axis2=-1) > 0
        count = ops.sum(ops.cast(exists, states.dtype), axis=-1)
        return ops.sum(states, axis=-2) / ops.maximum(count, 1.0)[..., None]

    def compute_output_shape(self, input_shape):
        states, _ = input_shape
        return (*states[:-2], states[-1])
