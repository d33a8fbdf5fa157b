"""Squared difference of class probabilities."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class SoftmaxMSE(Distance):
    """Mean squared difference of softmax probabilities.

    Bounded, unlike a divergence: a teacher that is wrong and sure costs at
    most 2 / classes.

    Equation:  d(t, s) = 1/C sum_c (softmax(t)_c - softmax(s)_c)^2, mean over
               positions where the logits are dense maps
    Symbols:   t, s (batch, ..., classes) logits; C classes.
    Paper:     Tarvainen & Valpola, *Mean teachers are better role models*,
               NeurIPS 2017, arXiv:1703.01780, Sec 2.
    """

    def call(self, teacher, student):
        difference = ops.softmax(teacher, axis=-1) - ops.softmax(
            student, axis=-1
        )
        return per_example(ops.square(difference))
