"""What each of several peers learns from the others."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class PeerAttention(Transform):
    """Of every peer a mixture of all peers' logits, by attention.

    Equation:  t_a = sum_b a_ab z_b ,  a_ab = softmax_b(q_a . k_b) ,
               q_a = W_q h_a ,  k_b = W_k h_b
    Symbols:   h_a (batch, ..., channels) features of peer a, averaged over
               positions; z_b (batch, classes) logits of peer b; W_q, W_k
               (channels, `units`) shared by the peers. Queries and keys
               differ, so that a may learn from b what b does not from a.
    Paper:     Chen, Mei, Wang, Feng & Chen, *Online Knowledge Distillation
               with Diverse Peers*, AAAI 2020, arXiv:1912.00350, Sec 3.2.

    It is called with the list `[h_1, ..., h_m, z_1, ..., z_m]`, and returns
    the list `[t_1, ..., t_m]`.

    Args:
        units: Width of queries and keys; an eighth of the channels, at least
            1, if absent.
        **kwargs: See `Transform`.

    Raises:
        InputError: If there are fewer than two peers, or their features
            differ in width.
    """

    def __init__(self, units=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        shapes = [tuple(shape) for shape in input_shape]
        widths = {shape[-1] for shape in shapes[: len(shapes) // 2]}
        if len(shapes) < 4 or len(shapes) % 2 or len(widths) > 1:
            raise InputError(
                "Peers attend to each other by features of one width, at "
                "least two peers with features and logits each; received "
                f"shapes {shapes}. Choose taps of one width."
            )
        (channels,) = widths
        units = self.units or max(channels // 8, 1)
        shape = (channels, units)
        self.query = self.add_weight(shape, "glorot_uniform", name="query")
        self.key = self.add_weight(shape, "glorot_uniform", name="key")

    def call(self, inputs):
        count = len(inputs) // 2
        features = ops.stack([_pooled(x) for x in inputs[:count]], axis=1)
        shares = self.attention(features)
        mixed = ops.matmul(shares, ops.stack(inputs[count:], axis=1))
        return [mixed[:, peer] for peer in range(count)]

    def attention(self, features):
        """Returns a `(batch, m, m)` of features `(batch, m, channels)`."""
        queries = ops.matmul(features, self.query)
        keys = ops.matmul(features, self.key)
        energy = ops.matmul(queries, ops.swapaxes(keys, 1, 2))
        return ops.softmax(energy, axis=-1)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def _pooled(x):
    """Averages `(batch, ..., channels)` over positions."""
    axes = tuple(range(1, len(x.shape) - 1))
    return ops.mean(x, axis=axes) if axes else x
