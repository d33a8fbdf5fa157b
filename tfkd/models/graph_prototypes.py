"""Classes of a graph's nodes, from a few nodes whose class is known."""

import keras
from keras import ops

from tfkd.models.message_passing import MessagePassing
from tfkd.models.node_mean import NodeMean

# The logit of a class that no known node has.
_ABSENT = -1e4


@keras.saving.register_keras_serializable("tfkd")
class GraphPrototypes(keras.layers.Layer):
    """Nodes are of the class whose prototype is nearest in their graph.

    Equation:  logit_vk = -||z_v - c_k||^2,
               c_k = mean over known u of class k of
                     tanh((g_w * W) r_u + g_b * b)
               r_u = sum over known v of class k of n_uv z_v / sum n_uv
               (g_w, g_b) = sigmoid(U h + u),  h = H [h_1; h_2] + h_0
               h_1 = mean_v z_v,  h_2 = mean over communities j of
                     sum_v s_vj q_v / sum_v s_vj
    Symbols:   z (batch, nodes, d) states; n_uv neighbours that u and v have
               in common; h of `units` numbers stands for the graph, at two
               levels: its nodes, and `units` communities s = softmax of
               message passing over z, of values q, message passing too;
               * elementwise.
    Paper:     Yao et al., *Graph Few-Shot Learning via Knowledge Transfer*,
               AAAI 2020, arXiv:1910.03053.

    Called with the list `[z, adjacency, support]`; support (batch, nodes) is
    the class of a known node, -1 elsewhere. A class without one has the
    logit -10,000.

    Args:
        num_classes: Classes.
        units: Numbers that stand for a graph.
        **kwargs: See `keras.layers.Layer`.
    """

    def __init__(self, num_classes, units=8, **kwargs):
        super().__init__(**kwargs)
        self.num_classes = int(num_classes)
        self.units = int(units)

    def build(self, input_shape):
        width = input_shape[0][-1]
        policy = self.dtype_policy
        self.community = MessagePassing(
            self.units, activation="softmax", name="community", dtype=policy
        )
        self.value = MessagePassing(
            self.units, activation="linear", name="value", dtype=policy
        )
        for layer in (self.community, self.value):
            layer.build(input_shape[:2])
        self.graph = keras.layers.Dense(self.units, name="graph", dtype=policy)
        self.graph.build((None, width + self.units))
        self.gate = keras.layers.Dense(
            width * width + width,
            activation="sigmoid",
            name="gate",
            dtype=policy,
        )
        self.gate.build((None, self.units))
        self.mean = NodeMean(name="mean", dtype=policy)
        self.kernel = self.add_weight(
            (width, width), "glorot_uniform", name="kernel"
        )
        self.bias = self.add_weight((width,), "zeros", name="bias")

    def call(self, inputs):
        states, adjacency, support = inputs
        prototypes, known = self._prototypes(states, adjacency, support)
        gap = states[:, :, None] - prototypes[:, None]
        logits = -ops.sum(ops.square(gap), axis=-1)
        return ops.where(known[:, None], logits, _ABSENT)

    def _prototypes(self, states, adjacency, support):
        """Returns c `(batch, classes, d)`, and which classes are known."""
        # one_hot of -1 is all zeros.
        known = ops.one_hot(
            ops.cast(support, "int32"), self.num_classes, dtype=states.dtype
        )
        same = ops.matmul(known, ops.swapaxes(known, -1, -2))
        links = ops.cast(adjacency > 0, states.dtype)
        shared = ops.matmul(links, ops.swapaxes(links, -1, -2)) * same
        told = ops.matmul(_per_sum(shared, axis=-1), states)
        width = states.shape[-1]
        gates = self.gate(self._graph(states, adjacency))
        weight = ops.reshape(gates[:, :-width], (-1, width, width))
        bias = gates[:, None, -width:] * self.bias
        each = ops.tanh(ops.matmul(told, weight * self.kernel) + bias)
        shares = _per_sum(known, axis=-2)
        prototypes = ops.matmul(ops.swapaxes(shares, -1, -2), each)
        return prototypes, ops.sum(known, axis=-2) > 0

    def _graph(self, states, adjacency):
        """What stands for each graph, `(batch, units)`."""
        nodes = self.mean([states, adjacency])
        shares = _per_sum(self.community([states, adjacency]), axis=-2)
        values = self.value([states, adjacency])
        communities = ops.matmul(ops.swapaxes(shares, -1, -2), values)
        communities = ops.mean(communities, axis=-2)
        return self.graph(ops.concatenate([nodes, communities], axis=-1))

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], self.num_classes)

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "units": self.units,
        }


def _per_sum(x, axis):
    total = ops.sum(x, axis=axis, keepdims=True)
    return x / ops.where(total > 0, total, ops.ones_like(total))
