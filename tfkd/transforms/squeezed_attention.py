"""Where a map agrees with the network's answer, as one vector."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class SqueezedAttention(Transform):
    """Sums a map over positions, weighted by what the answer looks for.

    Equation:  d = sum_i a_i l_i,  a = softmax_i(w . (l_i + g)),  l_i = W F_i
    Symbols:   F_i (channels) feature at position i of a map; g (classes)
               logits of the same network; W, w weights; result d (batch,
               classes).
    Paper:     Shu et al., *Knowledge Squeezed Adversarial Network
               Compression*, AAAI 2020, arXiv:1904.05100; the form of the
               weights is that of Jetley et al., *Learn to Pay Attention*,
               ICLR 2018, arXiv:1804.02391.

    The result is as wide as the logits, whatever the map is.

    Raises:
        InputError: If it is not given a map and logits.
    """

    def build(self, input_shape):
        pair = input_shape and isinstance(input_shape[0], (list, tuple))
        if not pair or [len(shape) for shape in input_shape] != [4, 2]:
            raise InputError(
                "SqueezedAttention needs two taps, a map (batch, height, "
                "width, channels) and logits (batch, classes), received "
                f"shape {input_shape}. Choose a convolutional tap: see "
                "tfkd.taps.summary(model)."
            )
        channels, classes = (shape[-1] for shape in input_shape)
        self.kernel = self.add_weight(
            (channels, classes), "glorot_uniform", name="kernel"
        )
        self.query = self.add_weight(
            (classes, 1), "glorot_uniform", name="query"
        )

    def call(self, inputs):
        maps, answer = inputs
        shape = (ops.shape(maps)[0], -1, maps.shape[-1])
        local = ops.matmul(ops.reshape(maps, shape), self.kernel)
        scores = ops.matmul(local + answer[:, None], self.query)
        return ops.sum(ops.softmax(scores, axis=1) * local, axis=1)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[1])
