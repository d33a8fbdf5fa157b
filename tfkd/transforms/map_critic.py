"""A critic of whole maps."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform
from tfkd.transforms.pooling import average_to


@keras.saving.register_keras_serializable("tfkd")
class MapCritic(Transform):
    """Scores maps, seen beside an image: convolutions and self-attention.

    Equation:  x = [map, image]; x <- lrelu(conv_4x4,2(x)) once for each of
               `filters`; x <- x + g A V x before the last of them,
               A = softmax((Q x)^T (K x)) over positions; scores = W x
    Symbols:   map (batch, h, w, classes); image, averaged to h, w; result
               (batch, positions); g trained from 0.
    Paper:     Zhang et al., *Self-Attention Generative Adversarial
               Networks*, ICML 2019, arXiv:1805.08318, for the attention.

    Without normalization over the batch, which a gradient penalty forbids.

    Args:
        filters: Channels of each convolution of stride 2.

    Raises:
        InputError: If the input is no map of known size.
    """

    def __init__(self, filters=(16, 32), **kwargs):
        super().__init__(**kwargs)
        self.filters = tuple(filters)

    def build(self, input_shape):
        shapes = [input_shape]
        if input_shape and isinstance(input_shape[0], (list, tuple)):
            shapes = list(input_shape)
        if any(len(s) != 4 or None in tuple(s)[1:] for s in shapes):
            raise InputError(
                "MapCritic needs maps (batch, height, width, channels) of "
                f"known size, received shapes {[tuple(s) for s in shapes]}. "
                "Choose dense logits, and an image to see beside."
            )
        channels = sum(shape[-1] for shape in shapes)
        self.kernels, self.biases = [], []
        for index, width in enumerate(self.filters):
            if index == len(self.filters) - 1:
                self._build_attention(channels)
            self.kernels.append(
                self.add_weight((4, 4, channels, width), "glorot_uniform")
            )
            self.biases.append(self.add_weight((width,), "zeros"))
            channels = width
        self.head = self.add_weight((channels, 1), "glorot_uniform")

    def _build_attention(self, channels):
        inner = max(1, channels // 8)
        self.query = self.add_weight((channels, inner), "glorot_uniform")
        self.key = self.add_weight((channels, inner), "glorot_uniform")
        self.value = self.add_weight((channels, channels), "glorot_uniform")
        self.gain = self.add_weight((), "zeros", name="gain")

    def call(self, inputs, training=None):
        x = inputs
        if isinstance(inputs, (list, tuple)):
            x, image = inputs
            image = average_to(image, x.shape[1:3])
            x = ops.concatenate([x, image], axis=-1)
        last = len(self.kernels) - 1
        for index, (kernel, bias) in enumerate(zip(self.kernels, self.biases)):
            if index == last:
                x = x + self.gain * self._attend(x)
            x = ops.conv(x, kernel, strides=2, padding="same") + bias
            x = ops.leaky_relu(x, negative_slope=0.1)
        scores = ops.matmul(x, self.head)
        return ops.reshape(scores, (-1, scores.shape[1] * scores.shape[2]))

    def _attend(self, x):
        flat = ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))
        query, key = ops.matmul(flat, self.query), ops.matmul(flat, self.key)
        attention = ops.softmax(
            ops.matmul(query, ops.transpose(key, (0, 2, 1))), axis=-1
        )
        found = ops.matmul(attention, ops.matmul(flat, self.value))
        return ops.reshape(found, ops.shape(x))

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}
