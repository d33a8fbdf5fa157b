"""A disparity, refined by what it fails to explain, teaches itself."""

import keras
from keras import layers
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.masked_mean import masked_mean
from tfkd.losses.photometric import Photometric
from tfkd.transforms.warp import warp


@keras.saving.register_keras_serializable("tfkd")
class RefinedMap(KDLoss):
    """A small network corrects a displacement, which then learns from it.

    Equation:  L = P(d') + b mean |d - d'|
               d' = d + r([I, I - W, d]),  W(p) = J(p + d(p))
    Symbols:   I, J the images of a pair, scaled to [0, 1]; d the student's
               flow or disparity; r convolutions of 3x3, `filters` wide and
               then as many channels as d, trained; P a `Photometric`, its
               weight included; d' a constant in the second term, where it is
               the teacher; b = `distillation`.
    Paper:     Pilzer, Lathuiliere, Sebe & Ricci, *Refine and Distill*, CVPR
               2019, arXiv:1903.04202; there I - W closes a cycle.

    Args:
        photometric: P, which also names d and the pair, of the teacher.
        distillation: b >= 0.
        filters: Channels of the hidden convolutions, at least one.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If an argument is no such loss or out of range, or the
            pair and d do not fit.
    """

    def __init__(
        self,
        photometric,
        *,
        distillation=1.0,
        filters=(16, 16),
        name="refined",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if (
            not isinstance(photometric, Photometric)
            or photometric.pair_of != "teacher"
            or photometric.back_tap is not None
        ):
            raise InputError(
                "A refined map needs a tfkd.losses.Photometric of a pair of "
                f"the teacher, without back_tap, received {photometric!r}."
            )
        filters = tuple(filters)
        if not filters or not 0 <= distillation < float("inf"):
            raise InputError(
                "A refined map needs filters and a finite distillation >= 0, "
                f"received {filters!r} and {distillation!r}."
            )
        self.photometric = photometric
        self.distillation = distillation
        self.filters = filters
        self.teacher_taps = photometric.teacher_taps
        self.student_taps = photometric.student_taps
        self.refiner = None

    def setup(self, teacher, student):
        self.photometric.setup(teacher, student)
        pair = teacher[self.teacher_taps[0]].shape
        channels = student[self.student_taps[0]].shape[-1]
        inputs = keras.Input(
            (None, None, pair[-1] + channels), dtype=self.compute_dtype
        )
        x = inputs
        for width in self.filters:
            x = layers.Conv2D(
                width, 3, padding="same", dtype=self.dtype_policy
            )(x)
            x = layers.LeakyReLU(0.2, dtype=self.dtype_policy)(x)
        # It begins with corrections that are small.
        x = layers.Conv2D(
            channels,
            3,
            padding="same",
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
            dtype=self.dtype_policy,
        )(x)
        self.refiner = keras.Model(inputs, x, name="refiner")
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        own = student[self.student_taps[0]]
        better = self.refined(teacher[self.teacher_taps[0]], own)
        seen = self.photometric(teacher, {self.student_taps[0]: better})
        seen = seen * ops.cast(self.photometric.weight(step), seen.dtype)
        gap = ops.abs(own - ops.stop_gradient(better))
        return seen + self.distillation * masked_mean(gap)

    def refined(self, pair, displacement):
        """Returns d' of pairs and of d."""
        first, second = self.photometric.images(pair)
        unexplained = first - warp(second, displacement)
        seen = ops.concatenate([first, unexplained, displacement], axis=-1)
        return displacement + self.refiner(seen)

    def get_config(self):
        return {
            **super().get_config(),
            "photometric": keras.saving.serialize_keras_object(
                self.photometric
            ),
            "distillation": self.distillation,
            "filters": self.filters,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        given = keras.saving.deserialize_keras_object(config.pop("photometric"))
        return cls(given, **config)
