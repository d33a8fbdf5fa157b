"""Channels as samples: what excites each neuron, as a set."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import l2_normalize
from tfkd.transforms.base import Transform
from tfkd.transforms.pooling import average_to


@keras.saving.register_keras_serializable("tfkd")
class ChannelSamples(Transform):
    """Every channel's map, flattened and normalized: a set of samples.

    Equation:  x_c = vec(F_c) / ||vec(F_c)||_2
    Symbols:   F (batch, height, width, channels); result
               (batch, channels, height * width).
    Paper:     Huang & Wang, *Like What You Like: Knowledge Distill via
               Neuron Selectivity Transfer*, 2017, arXiv:1707.01219, Sec 4.

    Args:
        size: Optional `(height, width)` to average maps down to first, where
            teacher and student differ in size.

    Raises:
        InputError: If the tap is not 4-D, or has no known size to average.
    """

    def __init__(self, size=None, **kwargs):
        super().__init__(**kwargs)
        self.size = None if size is None else tuple(size)

    def build(self, input_shape):
        unknown = self.size is not None and None in tuple(input_shape)[1:3]
        if len(input_shape) != 4 or unknown:
            raise InputError(
                "Channels as samples need a tap of shape (batch, height, "
                "width, channels), of known size where they are averaged, "
                f"received {tuple(input_shape)}. Choose a convolutional tap."
            )

    def call(self, x):
        if self.size is not None:
            x = average_to(x, self.size)
        batch, channels = ops.shape(x)[0], x.shape[-1]
        samples = ops.reshape(x, (batch, -1, channels))
        return l2_normalize(ops.transpose(samples, (0, 2, 1)))

    def compute_output_shape(self, input_shape):
        sizes = self.size or tuple(input_shape[1:3])
        positions = None if None in sizes else sizes[0] * sizes[1]
        return (input_shape[0], input_shape[-1], positions)

    def get_config(self):
        return {**super().get_config(), "size": self.size}
