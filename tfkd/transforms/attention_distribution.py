"""Where a feature map is active, as a distribution over positions."""

import keras
from keras import ops

from tfkd.numerics import flatten
from tfkd.transforms.attention_map import AttentionMap


@keras.saving.register_keras_serializable("tfkd")
class AttentionDistribution(AttentionMap):
    """Softmax over positions of summed powers, resized before.

    Equation:  Q(F) = softmax(vec(B(sum_c |F_c|^p)))
    Symbols:   F (batch, height, width, channels); p = `power`; B bilinear
               resizing to `size`, half-pixel centres; result (batch,
               positions), with sum one.
    Paper:     Hou, Ma, Liu & Loy, *Learning Lightweight Lane Detection CNNs
               by Self Attention Distillation*, ICCV 2019, arXiv:1908.00821.

    Args:
        power: p >= 1.
        size: Optional `(height, width)`.

    Raises:
        InputError: If `power` < 1, or the tap is not 4-D.
    """

    def call(self, x):
        power = ops.square(x) if self.power == 2 else ops.abs(x) ** self.power
        attention = ops.sum(power, axis=-1, keepdims=True)
        if self.size is not None and tuple(x.shape[1:3]) != self.size:
            attention = ops.image.resize(
                attention,
                self.size,
                interpolation="bilinear",
                data_format="channels_last",
            )
        return ops.softmax(flatten(attention), axis=-1)
