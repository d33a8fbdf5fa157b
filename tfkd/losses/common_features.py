"""A space in which several teachers and a student can be compared."""

import keras
from keras import layers
from keras import ops

from tfkd.distances import BatchMMD
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize
from tfkd.numerics import per_example
from tfkd.transforms.pooling import aligned

# Widths of the kernel, as in public code of the method.
WIDTHS = (0.001, 0.01, 0.05, 0.1, 0.2, 1.0, 2.0)


@keras.saving.register_keras_serializable("tfkd")
class CommonFeatures(KDLoss):
    """Discrepancy to every teacher in a learned space that loses little.

    Equation:  h_i = e(a_i(F_i)),  h_s = e(a_s(F_s))
               L = sum_i MMD^2(h_s, h_i) + g sum_i mean (d_i(h_i) - F_i)^2
    Symbols:   F_i, F_s (batch, height, width, channels) maps of teacher i and
               of the student; a 1x1 convolutions to 2 h channels and ReLU;
               e three residual blocks of 3x3 convolutions to h channels,
               shared by all; d_i a 3x3 convolution, ReLU and a 1x1
               convolution; h = `units`; g = `reconstruction`; MMD over the
               examples of the batch, of flattened features of unit norm,
               with a sum of Gaussian kernels.
    Paper:     Luo et al., *Knowledge Amalgamation from Heterogeneous Networks
               by Common Feature Learning*, IJCAI 2019, arXiv:1906.10546.

    Maps of other sizes are averaged to the smallest. Convolutions have no
    bias. Reconstruction keeps the space from collapsing.

    Args:
        teacher_taps: Names of the F_i, one a teacher: `("0/stage3", ...)`.
        student_tap: Name of F_s.
        units: h >= 1.
        reconstruction: g > 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a tap is no map, or a number is out of range.
    """

    pairwise = True

    def __init__(
        self,
        *,
        teacher_taps,
        student_tap,
        units=128,
        reconstruction=1.0,
        name="common_features",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if units < 1 or not 0 < reconstruction < float("inf"):
            raise InputError(
                "A common space needs units >= 1 and a finite reconstruction "
                f"> 0, received units={units!r}, reconstruction="
                f"{reconstruction!r}: without it the space collapses."
            )
        self.teacher_taps = tuple(teacher_taps)
        self.student_taps = (student_tap,)
        self.units = int(units)
        self.reconstruction = float(reconstruction)
        self.discrepancy = BatchMMD("gaussian", widths=WIDTHS)

    def setup(self, teacher, student):
        taps = [teacher[name] for name in self.teacher_taps]
        taps = aligned([*taps, student[self.student_taps[0]]])
        size = taps[0].shape[1:3]
        self.aligners = [
            self._stack(
                (None, *size, tap.shape[-1]), (2 * self.units, 1, "relu")
            )
            for tap in taps
        ]
        self.extractor = [
            _Residual(self.units, name=f"block{n}", dtype=self.dtype_policy)
            for n in (1, 2, 3)
        ]
        width = 2 * self.units
        for block in self.extractor:
            block.build((None, *size, width))
            width = self.units
        self.decoders = [
            self._stack(
                (None, *size, self.units),
                (tap.shape[-1], 3, "relu"),
                (tap.shape[-1], 1, None),
            )
            for tap in taps[:-1]
        ]
        super().setup(teacher, student)

    def _stack(self, shape, *convolutions):
        stack = keras.Sequential(
            [
                _convolution(channels, size, self.dtype_policy, activation)
                for channels, size, activation in convolutions
            ]
        )
        stack.build(shape)
        return stack

    def values(self, teacher, student, *, labels, index, step):
        taps = [teacher[name] for name in self.teacher_taps]
        taps = aligned([*taps, student[self.student_taps[0]]])
        codes = [a(tap) for a, tap in zip(self.aligners, taps)]
        for block in self.extractor:
            codes = [block(code) for code in codes]
        *theirs, own = [l2_normalize(flatten(code)) for code in codes]
        apart = sum(self.discrepancy.call(one, own) for one in theirs)
        lost = sum(
            per_example(ops.square(decoder(code) - tap))
            for decoder, code, tap in zip(self.decoders, codes, taps)
        )
        return apart + self.reconstruction * lost

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_taps": self.teacher_taps,
            "student_tap": self.student_taps[0],
            "units": self.units,
            "reconstruction": self.reconstruction,
        }


def _convolution(channels, size, dtype, activation=None):
    return layers.Conv2D(
        channels,
        size,
        padding="same",
        use_bias=False,
        activation=activation,
        kernel_initializer="he_normal",
        dtype=dtype,
    )


class _Residual(layers.Layer):
    """Two 3x3 convolutions around a ReLU, added to a shortcut; ReLU."""

    def __init__(self, channels, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels

    def build(self, input_shape):
        middle = (*input_shape[:-1], self.channels)
        dtype = self.dtype_policy
        self.first = _convolution(self.channels, 3, dtype, "relu")
        self.first.build(input_shape)
        self.second = _convolution(self.channels, 3, dtype)
        self.second.build(middle)
        self.shortcut = None
        if input_shape[-1] != self.channels:
            self.shortcut = _convolution(self.channels, 1, dtype)
            self.shortcut.build(input_shape)

    def call(self, x):
        rest = x if self.shortcut is None else self.shortcut(x)
        return ops.relu(self.second(self.first(x)) + rest)
