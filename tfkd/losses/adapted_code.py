"""A student's features fit the code of a teacher's, and its affinities."""

import keras
from keras import ops

from tfkd.distances import L21Distance
from tfkd.errors import InputError
from tfkd.losses.factor_transfer import FactorTransfer
from tfkd.numerics import l2_normalize
from tfkd.numerics import per_example
from tfkd.transforms import ConvReLU
from tfkd.transforms import PositionAffinity


@keras.saving.register_keras_serializable("tfkd")
class AdaptedCode(FactorTransfer):
    """An autoencoder of the teacher first, then its code and its affinities.

    Equation:  step < n:   L = mean (F_t - D(E(F_t)))^2 + s mean |E(F_t)|
               afterwards: L = b mean_i ||u(E(F_t)_i) - u(C(F_s)_i)||_p
                               + c mean_i ||A(E(F_t))_i - A(C'(F_s))_i||_2 ,
               u(x) = x / ||x||_2 ,  A(F)_ij = u(F_i) . u(F_j)
    Symbols:   F_t, F_s (batch, height, width, channels) taps; i, j positions;
               E, D the autoencoder, E frozen after step n; C, C' a 3x3
               convolution and a ReLU each, trained with the student; p = `p`;
               s = `code_penalty`; b = `code_weight`; c = `affinity_weight`;
               n = `paraphraser_steps`.
    Paper:     He et al., *Knowledge Adaptation for Efficient Semantic
               Segmentation*, CVPR 2019, arXiv:1903.04688.

    Args:
        teacher_tap: Name of F_t.
        student_tap: Name of F_s.
        p: 1 or 2.
        code_penalty: s >= 0.
        code_weight: b >= 0.
        affinity_weight: c >= 0; C' is not made where it is 0.
        **kwargs: See `FactorTransfer`; it has no `distance`.

    Raises:
        InputError: If a number is out of range, a distance is given, or a tap
            is no map of known size.
    """

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        p=1,
        code_penalty=1e-7,
        code_weight=50.0,
        affinity_weight=1.0,
        name="adapted_code",
        **kwargs,
    ):
        if "distance" in kwargs:
            raise InputError(
                f"{name} compares codes by p and affinities by their rows, and "
                "takes no distance."
            )
        super().__init__(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            name=name,
            **kwargs,
        )
        numbers = {
            "code_penalty": code_penalty,
            "code_weight": code_weight,
            "affinity_weight": affinity_weight,
        }
        if p not in (1, 2) or not all(
            0 <= number < float("inf") for number in numbers.values()
        ):
            raise InputError(
                f"{name} needs p of 1 or 2 and finite numbers >= 0, received "
                f"p={p!r} and {numbers}."
            )
        self.p = p
        self.code_penalty = code_penalty
        self.code_weight = code_weight
        self.affinity_weight = affinity_weight
        self.affinity = PositionAffinity(dtype=self.dtype_policy)
        self.rows = L21Distance(axis=-1, reduce="mean")

    def build_student(self, factor_shape, shape):
        self.code_adapter = self._adapter("code", factor_shape, shape)
        self.affinity.build(factor_shape)
        if self.affinity_weight:
            self.affinity_adapter = self._adapter(
                "affinity", factor_shape, shape
            )

    def _adapter(self, name, factor_shape, shape):
        adapter = ConvReLU(name=f"{name}_adapter", dtype=self.dtype_policy)
        adapter.match(factor_shape)
        adapter.build(shape)
        return adapter

    def reconstruction(self, teacher):
        code = self.paraphraser.encoder(teacher)
        error = self.paraphraser.decoder(code) - teacher
        return per_example(ops.square(error)) + self.code_penalty * per_example(
            ops.abs(code)
        )

    def imitation(self, factor, student):
        codes = (factor, self.code_adapter(student))
        value = self.code_weight * self.compare(*codes)
        if not self.affinity_weight:
            return value
        return value + self.affinity_weight * self.compare_affinities(
            factor, self.affinity_adapter(student)
        )

    def compare(self, teacher_factor, student_factor):
        units = [l2_normalize(x) for x in (teacher_factor, student_factor)]
        if self.p == 2:
            return self.rows.call(*units)
        return per_example(ops.sum(ops.abs(units[0] - units[1]), axis=-1))

    def compare_affinities(self, teacher_factor, student_factor):
        """Returns mean_i ||A_t,i - A_s,i||_2 of two codes, `(batch,)`."""
        return self.rows.call(
            self.affinity(teacher_factor), self.affinity(student_factor)
        )

    def get_config(self):
        config = super().get_config()
        config.pop("distance")
        return {
            **config,
            "p": self.p,
            "code_penalty": self.code_penalty,
            "code_weight": self.code_weight,
            "affinity_weight": self.affinity_weight,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)
