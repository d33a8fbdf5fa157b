"""What a teacher's answers to good made images are like."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import flatten


@keras.saving.register_keras_serializable("tfkd")
class ConfidentImages(KDLoss):
    """A generator's loss: the teacher is sure, active, and sees all classes.

    Equation:  L = o H(argmax z, softmax(z)) - a mean |f| - i H_10(mean_b p)
               p = softmax(z);  H_10(q) = - sum_c q_c log10 q_c, or in nats
    Symbols:   z (batch, classes) the teacher's logits of made images; f its
               features; mean_b over the batch, the same value for each
               example; o = `one_hot`; a = `activation`; i = `entropy`.
    Paper:     Chen et al., *Data-Free Learning of Student Networks*, ICCV
               2019, arXiv:1904.01186, Eqns 2-6. Base 10 as in the authors'
               released code.

    Args:
        logits_tap: Name of z.
        feature_tap: Name of f.
        one_hot: o >= 0.
        activation: a >= 0.
        entropy: i >= 0.
        base: 10 or `"e"`, of the logarithm in the entropy.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a number is out of range, or z is no such tap.
    """

    def __init__(
        self,
        *,
        logits_tap="logits",
        feature_tap="embedding",
        one_hot=1.0,
        activation=0.1,
        entropy=5.0,
        base=10,
        name="generator",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        factors = {"one_hot": one_hot, "activation": activation}
        factors["entropy"] = entropy
        checks.not_negative(**factors)
        if base not in (10, "e"):
            raise InputError(f"base must be 10 or 'e', received {base!r}.")
        self.teacher_taps = tuple(dict.fromkeys((logits_tap, feature_tap)))
        self.logits_tap = logits_tap
        self.feature_tap = feature_tap
        self.factors = factors
        self.base = base

    def setup(self, teacher, student):
        shape = tuple(teacher[self.logits_tap].shape)
        if len(shape) != 2:
            raise InputError(
                f"{self.name!r} asks a classifier of whole images, by logits "
                f"(batch, classes), received shape {shape}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        logits = teacher[self.logits_tap]
        return (
            self.factors["one_hot"] * self.one_hot(logits)
            + self.factors["activation"]
            * self.activation(teacher[self.feature_tap])
            + self.factors["entropy"] * self.information_entropy(logits)
        )

    def one_hot(self, logits):
        """Cross-entropy to the likeliest class, `(batch,)`, in nats."""
        return -ops.max(ops.log_softmax(logits, axis=-1), axis=-1)

    def activation(self, features):
        """Negative mean magnitude, `(batch,)`."""
        return -ops.mean(ops.abs(flatten(features)), axis=-1)

    def information_entropy(self, logits):
        """Negative entropy of the mean probabilities, a scalar."""
        log_p = ops.log_softmax(logits, axis=-1)
        count = ops.cast(ops.shape(logits)[0], log_p.dtype)
        log_mean = ops.logsumexp(log_p, axis=0) - ops.log(count)
        entropy = ops.sum(ops.exp(log_mean) * log_mean)
        return entropy / 2.302585092994046 if self.base == 10 else entropy

    def get_config(self):
        return {
            **super().get_config(),
            "logits_tap": self.logits_tap,
            "feature_tap": self.feature_tap,
            **self.factors,
            "base": self.base,
        }
