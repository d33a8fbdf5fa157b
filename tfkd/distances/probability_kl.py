"""Kullback-Leibler divergence between given probabilities."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.errors import InputError
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class ProbabilityKL(Distance):
    """KL(teacher || student) of probabilities that are no softmax.

    Equation:  d(t, s) = sum_j t_j log((t_j + eps) / (s_j + eps)), or the
               mean over j. In nats. Use `SoftmaxKL` where logits are known.
    Symbols:   t, s (batch, n) probabilities; eps = `epsilon`.

    Args:
        epsilon: eps > 0; keeps probabilities of 0 finite.
        reduce: `"sum"`, the divergence, or `"mean"`.
        **kwargs: See `Distance`.

    Raises:
        InputError: If `epsilon` is not positive or `reduce` is unknown.
    """

    def __init__(self, epsilon=1e-7, reduce="sum", **kwargs):
        super().__init__(**kwargs)
        if not epsilon > 0 or reduce not in ("mean", "sum"):
            raise InputError(
                "ProbabilityKL needs epsilon > 0 and reduce 'mean' or 'sum', "
                f"received epsilon={epsilon!r}, reduce={reduce!r}."
            )
        self.epsilon = epsilon
        self.reduce = reduce

    def call(self, teacher, student):
        log_teacher = ops.log(teacher + self.epsilon)
        log_student = ops.log(student + self.epsilon)
        return per_example(teacher * (log_teacher - log_student), self.reduce)

    def get_config(self):
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "reduce": self.reduce,
        }
