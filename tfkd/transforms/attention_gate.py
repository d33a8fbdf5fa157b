"""Which of several maps counts where."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.numerics import l2_normalize
from tfkd.transforms.base import Transform

_AXES = ("position", "channel")


@keras.saving.register_keras_serializable("tfkd")
class AttentionGate(Transform):
    """Shares of maps that sum to one, at each position or in each channel.

    Equation:  axis "position":  g_i(p) = softmax_i(v_i . u_i(p) + b_i)
               axis "channel":   g_i(c) = softmax_i((V_i mean_p u_i(p) + b_i)_c)
               u_i(p) = F_i(p) / ||F_i(p)||_2
    Symbols:   F_i (batch, height, width, channels) maps of one height and
               width; v, V, b trained; g_i (batch, height, width, 1) or
               (batch, 1, 1, channels).

    It is called with the list of the F_i and a further map, which it does
    not read, and returns the list of the g_i. Gates start equal.

    Args:
        axis: `"position"` or `"channel"`; the latter needs maps of as many
            channels.
        **kwargs: See `Transform`.

    Raises:
        InputError: If `axis` is unknown, or maps do not fit.
    """

    # Whether a gate of 0 asks the student for zeros.
    scales_the_map = True

    def __init__(self, axis="position", **kwargs):
        super().__init__(**kwargs)
        if axis not in _AXES:
            raise unknown("axis of AttentionGate", axis, _AXES)
        self.axis = axis

    def build(self, input_shape):
        teachers = [tuple(shape) for shape in input_shape[:-1]]
        widths = {shape[-1] for shape in teachers}
        if self.axis == "channel" and len(widths) > 1:
            raise InputError(
                "A gate on channels needs maps of as many channels, received "
                f"shapes {teachers}. Use axis='position'."
            )
        self.kernels, self.biases = [], []
        for index, shape in enumerate(teachers):
            units = 1 if self.axis == "position" else shape[-1]
            self.kernels.append(
                self.add_weight(
                    (shape[-1], units), "zeros", name=f"kernel_{index}"
                )
            )
            self.biases.append(
                self.add_weight((units,), "zeros", name=f"bias_{index}")
            )

    def call(self, maps):
        scores = []
        for x, kernel, bias in zip(maps[:-1], self.kernels, self.biases):
            unit = l2_normalize(x)
            if self.axis == "channel":
                unit = ops.mean(unit, axis=(1, 2), keepdims=True)
            scores.append(ops.matmul(unit, kernel) + bias)
        return ops.unstack(ops.softmax(ops.stack(scores), axis=0))

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}
