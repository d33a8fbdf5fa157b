"""Codes whose products say which examples are alike."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import flatten


@keras.saving.register_keras_serializable("tfkd")
class PairLikelihood(KDLoss):
    """Negative log-likelihood of which pairs of a batch are alike.

    Equation:  L_i = mean over j of known class, j != i, of
               log(1 + exp(t_ij)) - s_ij t_ij ,  t_ij = 1/2 u_i . u_j ,
               and + q 1/K sum_k (|u_ik| - 1)^2
    Symbols:   u (batch, K) codes near -1 and 1; s_ij = 1 if both are of one
               class, else 0; q = `quantization`. The first part is 0 for an
               example without a label, or without another one. In nats.
    Paper:     Li, Wang & Kang, *Feature Learning based Deep Supervised
               Hashing with Pairwise Labels*, IJCAI 2016, arXiv:1511.03855,
               with means in the place of sums.

    Args:
        student_tap: Name of u.
        quantization: q >= 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `quantization` is out of range, or labels are no class
            indices.
    """

    needs_labels = True
    pairwise = True

    def __init__(
        self,
        *,
        student_tap,
        quantization=0.0,
        name="pair_likelihood",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        checks.not_negative(quantization=quantization)
        self.student_taps = (student_tap,)
        self.quantization = quantization

    def values(self, teacher, student, *, labels, index, step):
        codes = flatten(student[self.student_taps[0]])
        alike, known = self.pairs(labels)
        scores = ops.matmul(codes, ops.transpose(codes)) / 2.0
        alike = ops.cast(alike, scores.dtype)
        pairs = ops.softplus(scores) - alike * scores
        count = ops.sum(ops.cast(known, pairs.dtype), axis=-1)
        pairs = ops.where(known, pairs, ops.zeros_like(pairs))
        likelihood = ops.sum(pairs, axis=-1) / ops.maximum(count, 1.0)
        rounding = ops.mean(ops.square(ops.abs(codes) - 1.0), axis=-1)
        return likelihood + self.quantization * rounding

    def pairs(self, labels):
        """Which pairs are of one class, and of which both are known."""
        if labels is None or tuple(labels.shape[1:]) not in ((), (1,)):
            raise InputError(
                f"The loss {self.name!r} needs class indices (batch,), -1 for "
                "unlabelled examples, received labels of shape "
                f"{getattr(labels, 'shape', None)}. Fit on (inputs, labels)."
            )
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        known = labels >= 0
        itself = ops.cast(ops.eye(ops.shape(labels)[0]), "bool")
        known = known[:, None] & known[None, :] & ~itself
        return labels[:, None] == labels[None, :], known

    def get_config(self):
        return {
            **super().get_config(),
            "student_tap": self.student_taps[0],
            "quantization": self.quantization,
        }
