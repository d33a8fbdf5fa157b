"""Kullback-Leibler divergence between softmax distributions."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.errors import InputError
from tfkd.numerics import per_example


def softmax_kl(teacher, student, temperature=1.0):
    """KL(softmax(teacher / T) || softmax(student / T)) over the last axis.

    Computed in log space from logits, so that it is finite for any finite
    logits. No factor T^2.

    Args:
        teacher: Logits `(..., classes)`.
        student: Logits of the same shape.
        temperature: T, a number or scalar tensor.

    Returns:
        Divergence in nats, shape `(...)`.
    """
    log_teacher = ops.log_softmax(teacher / temperature, axis=-1)
    log_student = ops.log_softmax(student / temperature, axis=-1)
    return ops.sum(ops.exp(log_teacher) * (log_teacher - log_student), axis=-1)


@keras.saving.register_keras_serializable("tfkd")
class SoftmaxKL(Distance):
    """KL(teacher || student) of softened class distributions.

    Equation:  d(t, s) = sum_c q_c (log q_c - log p_c),
               q = softmax(t / T), p = softmax(s / T); mean over positions
               where the logits are dense maps. In nats, no factor T^2.
    Symbols:   t, s (batch, ..., classes) logits; T = `temperature`.

    Args:
        temperature: T > 0.
        **kwargs: See `Distance`.

    Raises:
        InputError: If `temperature` is not positive.
    """

    def __init__(self, temperature=1.0, **kwargs):
        super().__init__(**kwargs)
        if not temperature > 0:
            raise InputError(
                f"temperature must be > 0, received {temperature!r}. Common "
                "values are 1 to 20."
            )
        self.temperature = temperature

    def call(self, teacher, student):
        return per_example(softmax_kl(teacher, student, self.temperature))

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature}
