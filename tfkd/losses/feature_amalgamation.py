"""Features of several teachers, amalgamated into one that is learned."""

import keras
from keras import ops

from tfkd.losses.base import KDLoss
from tfkd.numerics import mean_square
from tfkd.transforms import Regressor
from tfkd.transforms.pooling import aligned


@keras.saving.register_keras_serializable("tfkd")
class FeatureAmalgamation(KDLoss):
    """An autoencoder of all teachers' maps, whose code the student learns.

    Equation:  c = E [F_1; ...; F_m]
               L = sum_i mean (D_i c - F_i)^2
                   + 1[step >= n] mean (A F_s - c)^2, c a constant there
    Symbols:   F_i, F_s (batch, height, width, channels) maps of teacher i and
               of the student; E, D_i, A 1x1 convolutions with bias, trained;
               c of as many channels as F_s; n = `encoder_steps`.
    Paper:     Shen et al., *Amalgamating Knowledge towards Comprehensive
               Classification*, AAAI 2019, arXiv:1811.02796.

    Maps of other sizes are averaged to the smallest.

    Args:
        teacher_taps: Names of the F_i, one a teacher: `("0/stage3", ...)`.
        student_tap: Name of F_s.
        encoder_steps: n >= 0, steps in which the code alone is learned.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a tap is no map.
    """

    def __init__(
        self,
        *,
        teacher_taps,
        student_tap,
        encoder_steps=0,
        name="amalgamation",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = tuple(teacher_taps)
        self.student_taps = (student_tap,)
        self.encoder_steps = int(encoder_steps)

    def setup(self, teacher, student):
        theirs = [teacher[name] for name in self.teacher_taps]
        *theirs, own = aligned([*theirs, student[self.student_taps[0]]])
        units = own.shape[-1]
        widths = [one.shape[-1] for one in theirs]
        self.encoder = self._convolution(units, sum(widths), own, "encoder")
        self.decoders = [
            self._convolution(width, units, own, f"decoder{number}")
            for number, width in enumerate(widths)
        ]
        self.adapter = self._convolution(units, units, own, "adapter")
        super().setup(teacher, student)

    def _convolution(self, units, channels, tap, name):
        layer = Regressor(units, name=name, dtype=self.dtype_policy)
        layer.build((*tap.shape[:-1], channels))
        return layer

    def values(self, teacher, student, *, labels, index, step):
        taps = [teacher[name] for name in self.teacher_taps]
        *theirs, own = aligned([*taps, student[self.student_taps[0]]])
        code = self.encoder(ops.concatenate(theirs, axis=-1))
        lost = sum(
            mean_square(decoder(code) - one)
            for decoder, one in zip(self.decoders, theirs)
        )
        apart = mean_square(self.adapter(own) - ops.stop_gradient(code))
        begun = ops.cast(step, "int32") >= self.encoder_steps
        return lost + ops.where(begun, apart, ops.zeros_like(apart))

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_taps": self.teacher_taps,
            "student_tap": self.student_taps[0],
            "encoder_steps": self.encoder_steps,
        }
