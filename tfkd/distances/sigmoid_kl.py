"""Divergence of confidences, each of which is yes or no."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.errors import InputError
from tfkd.numerics import per_example


def sigmoid_kl(teacher, student, yes=1.0, no=1.0):
    """Returns the divergence of each element: see `SigmoidKL`.

    Args:
        teacher: Logits.
        student: Logits of the same shape.
        yes: Factor of p log(p / q).
        no: Factor of (1 - p) log((1 - p) / (1 - q)).
    """
    # log p - log q and log(1 - p) - log(1 - q), without a log of 0.
    present = ops.softplus(-student) - ops.softplus(-teacher)
    absent = ops.softplus(student) - ops.softplus(teacher)
    return (
        yes * ops.sigmoid(teacher) * present
        + no * ops.sigmoid(-teacher) * absent
    )


@keras.saving.register_keras_serializable("tfkd")
class SigmoidKL(Distance):
    """KL(teacher || student) of Bernoulli distributions, element by element.

    It has the gradient of the binary cross-entropy, whose least value, the
    teacher's entropy, is taken off: equal confidences are at distance 0.

    Equation:  d(t, s) = sum_i p_i log(p_i / q_i)
                             + (1 - p_i) log((1 - p_i) / (1 - q_i)) ,
               p = sigmoid(t), q = sigmoid(s); or the mean over i. In nats.
    Symbols:   t, s (batch, ...) logits of one shape, such as maps of the
               confidence that a keypoint is here.

    Args:
        reduce: `"mean"` or `"sum"` over everything but the batch.
        **kwargs: See `Distance`.

    Raises:
        InputError: If `reduce` is another value.
    """

    def __init__(self, reduce="mean", **kwargs):
        super().__init__(**kwargs)
        if reduce not in ("mean", "sum"):
            raise InputError(
                f"SigmoidKL needs reduce 'mean' or 'sum', received {reduce!r}."
            )
        self.reduce = reduce

    def call(self, teacher, student):
        return per_example(sigmoid_kl(teacher, student), self.reduce)

    def get_config(self):
        return {**super().get_config(), "reduce": self.reduce}
