"""Moments of distances on a hypersphere."""

import math

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.errors import InputError
from tfkd.numerics import safe_sqrt


@keras.saving.register_keras_serializable("tfkd")
class SphereMoments(Distance):
    """How far two sets of features lie from the pole of a sphere.

    Equation:  D = sum_(r = 1..R) |E[d(t)^r] - E[d(s)^r]|,  d in [0, 1]
               d(x) = geodesic distance of P(x) to the pole N, over pi
                    = 2 / pi atan(1 / |x|),  |x|^2 = mean_f x_f^2
               P(x) = (2 x, |x|^2 - 1) / (|x|^2 + 1), N = (0, ..., 0, 1)
    Symbols:   t, s features (batch, ..., features), whose widths may differ;
               R = `moments`. E is the mean over an example's positions where
               it has several; vectors (batch, features) are one set, E the
               mean over the batch, and all its examples have one value.
    Paper:     Park & Kwon, *Sphere Generative Adversarial Network Based on
               Geometric Moment Matching*, CVPR 2019. There x has no division
               by the number of features, and d is in radians.

    The gradient is bounded, however far apart the features are.

    Args:
        moments: R >= 1, a whole number.
        **kwargs: See `Distance`.

    Raises:
        InputError: If `moments` is below 1, or a tensor has no features.
    """

    same_shape = False

    def __init__(self, moments=3, **kwargs):
        super().__init__(**kwargs)
        if moments != int(moments) or moments < 1:
            raise InputError(
                f"moments must be a whole number >= 1, received {moments!r}."
            )
        self.moments = int(moments)

    def validate(self, teacher_shape, student_shape):
        shapes = tuple(teacher_shape), tuple(student_shape)
        sets = [len(shape) > 2 for shape in shapes]
        if min(map(len, shapes)) < 2 or sets[0] != sets[1]:
            raise InputError(
                "SphereMoments compares vectors with vectors or maps with "
                "maps, (batch, ..., features), received "
                f"teacher {shapes[0]} and student {shapes[1]}. Pool one of "
                "them, or choose other taps."
            )

    def call(self, teacher, student):
        first, second = _pole_distances(teacher), _pole_distances(student)
        total = 0.0
        for power in range(1, self.moments + 1):
            total = total + ops.abs(
                ops.mean(first**power, axis=-1)
                - ops.mean(second**power, axis=-1)
            )
        # One value for each example, also where the batch is one set.
        return ops.broadcast_to(total, (ops.shape(student)[0],))

    def get_config(self):
        return {**super().get_config(), "moments": self.moments}


def _pole_distances(x):
    """Distance d of every vector: `(batch, positions)`, or `(1, batch)`."""
    radius = safe_sqrt(ops.mean(ops.square(x), axis=-1))
    distance = (2.0 / math.pi) * ops.arctan2(ops.ones_like(radius), radius)
    if len(x.shape) == 2:
        return distance[None]
    return ops.reshape(distance, (ops.shape(x)[0], -1))
