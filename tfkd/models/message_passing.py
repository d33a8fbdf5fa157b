"""States of nodes from those of their neighbours."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("tfkd")
class MessagePassing(keras.layers.Layer):
    """Iterates the states of a graph's nodes, a layer of a graph network.

    Equation:  h_v <- f(W_v x_v + b
                        + sum_u A_vu (W_x x_u + W_h h_u) / sum_u A_vu)
               from h = 0, `steps` times             (survey Eqns 14, 16, 18)
    Symbols:   x (batch, nodes, features) features X; A (batch, nodes, nodes)
               adjacency: A_vu the feature of the edge, its weight; h the
               states H, `units` a node; f = `activation`. Whether the
               iteration has a fixed point is up to W_h; it is not sought.

    Called with the list `[x, A]`. A_vv > 0 marks a node that exists; the
    states of others, which pad smaller graphs, are zero.

    Args:
        units: Width of the states.
        steps: Iterations with the same weights, at least 1; with one there
            is no W_h.
        activation: f.
        **kwargs: See `keras.layers.Layer`.
    """

    def __init__(self, units, steps=1, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.units = int(units)
        self.steps = int(steps)
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        features, _ = input_shape
        policy = self.dtype_policy

        def dense(name, width, use_bias=False):
            layer = keras.layers.Dense(
                self.units, use_bias=use_bias, name=name, dtype=policy
            )
            layer.build((None, width))
            return layer

        self.own = dense("own", features[-1], use_bias=True)
        self.neighbor = dense("neighbor", features[-1])
        if self.steps > 1:
            self.state = dense("state", self.units)

    def call(self, inputs):
        x, adjacency = inputs
        degree = ops.sum(adjacency, axis=-1, keepdims=True)
        mean = adjacency / ops.where(degree > 0, degree, ops.ones_like(degree))
        own, message = self.own(x), self.neighbor(x)
        state = self.activation(own + ops.matmul(mean, message))
        for _ in range(self.steps - 1):
            told = message + self.state(state)
            state = self.activation(own + ops.matmul(mean, told))
        exists = ops.diagonal(adjacency, axis1=-2, axis2=-1) > 0
        return ops.where(exists[..., None], state, ops.zeros_like(state))

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "steps": self.steps,
            "activation": keras.activations.serialize(self.activation),
        }
