"""A layer's output, mixed with what teachers have there."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform
from tfkd.transforms.regressor import Regressor


@keras.saving.register_keras_serializable("tfkd")
class FlowMix(Transform):
    """Convex mixture of a student's tensor and teachers', brought to its shape.

    Equation:  h = p_0 h_s + sum_i p_i Q_i(h_i),  p = softmax(w)
    Symbols:   h_s, h_i tensors (batch, ..., channels) of the student and of
               teacher i; Q_i a linear map of channels, of maps averaged to
               the size of h_s; w one number each, zeros at first.
    Paper:     Liu, Peng & Schwing, *Knowledge Flow: Improve upon Your
               Teachers*, ICLR 2019, arXiv:1904.05878.

    It is called with the list `[h_s, h_1, ..., h_m]`.

    Attributes:
        cut: A variable; where it is 1, h = h_s.

    Raises:
        InputError: If there is no teacher, or ranks differ.
    """

    def build(self, input_shape):
        own, *others = [tuple(shape) for shape in input_shape]
        if not others or any(len(shape) != len(own) for shape in others):
            raise InputError(
                "FlowMix needs the student's tensor and at least one of a "
                f"teacher of the same rank, received shapes {input_shape}."
            )
        self.maps = []
        for shape in others:
            layer = Regressor(dtype=self.dtype_policy)
            layer.match(own)
            layer.build(shape)
            self.maps.append(layer)
        self.w = self.add_weight((len(others) + 1,), "zeros", name="w")
        self.cut = self.add_weight((), "zeros", trainable=False, name="cut")

    def call(self, inputs):
        own, *others = inputs
        p = ops.exp(self.log_shares())
        mixed = p[0] * own
        for number, (layer, tensor) in enumerate(zip(self.maps, others), 1):
            mixed = mixed + p[number] * layer(tensor)
        return ops.where(self.cut > 0, own, mixed)

    def log_shares(self):
        """Returns ln p, `(teachers + 1,)`."""
        return ops.log_softmax(self.w, axis=-1)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[0])
