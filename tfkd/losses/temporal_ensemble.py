"""An example's answer should be the average of its earlier ones."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.example_index import checked_index


@keras.saving.register_keras_serializable("tfkd")
class TemporalEnsemble(KDLoss):
    """Squared difference to the average of an example's earlier answers.

    Equation:  L_i = 1/C sum_c (Z_ic / (1 - a^n_i) - p_ic)^2, 0 if n_i = 0;
               then Z_i <- a Z_i + (1 - a) p_i ,  n_i <- n_i + 1
    Symbols:   p = softmax(z) of logits z (batch, C); Z (N, C) and n (N,) a
               memory of all N = `size` examples, of which i is in the batch;
               a = `momentum`. The target is a constant.
    Paper:     Laine & Aila, *Temporal Ensembling for Semi-Supervised
               Learning*, ICLR 2017, arXiv:1610.02242, Algorithm 2.

    The memory of an example moves each time the example is seen: where that
    is once an epoch, its target is that of the end of the last epoch, as in
    the paper. It is saved with the `Distiller`.

    Args:
        size: N, the number of training examples; indices are below it. In a
            compiled step another index makes the loss NaN, at which `fit`
            stops.
        momentum: a in [0, 1).
        student_tap: Name of z.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If an argument is out of range, logits are no vectors, or
            a batch has no index or one outside.
    """

    needs_index = True

    def __init__(
        self,
        *,
        size,
        momentum=0.6,
        student_tap="logits",
        name="temporal_ensemble",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if size < 1 or not 0 <= momentum < 1:
            raise InputError(
                "TemporalEnsemble needs size >= 1 and momentum in [0, 1), "
                f"received size={size!r}, momentum={momentum!r}."
            )
        self.student_taps = (student_tap,)
        self.size = size
        self.momentum = momentum

    def setup(self, teacher, student):
        shape = tuple(student[self.student_taps[0]].shape)
        if len(shape) != 2:
            raise InputError(
                "Answers are remembered as vectors: TemporalEnsemble needs "
                f"logits (batch, classes), received shape {shape}."
            )
        self.memory = self.add_weight(
            (self.size, shape[-1]), "zeros", trainable=False, name="memory"
        )
        self.seen = self.add_weight(
            (self.size,), "zeros", trainable=False, name="seen"
        )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        index = checked_index(index, self.size, self.name)
        inside = (index >= 0) & (index < self.size)
        index = ops.clip(index, 0, self.size - 1)
        answer = ops.softmax(student[self.student_taps[0]], axis=-1)
        target, known = self.target(index)
        self.remember(index, ops.stop_gradient(answer))
        values = ops.mean(ops.square(target - answer), axis=-1)
        values = ops.where(known, values, ops.zeros_like(values))
        return ops.where(inside, values, float("nan"))

    def target(self, index):
        """Returns Z / (1 - a^n), and whether there is one, of examples."""
        seen = ops.take(self.seen, index, axis=0)
        known = seen > 0
        share = 1.0 - ops.power(
            ops.cast(self.momentum, seen.dtype), ops.maximum(seen, 1.0)
        )
        memory = ops.take(self.memory, index, axis=0)
        return memory / share[:, None], known

    def remember(self, index, answer):
        """Moves the memory of examples towards their answers."""
        old = ops.take(self.memory, index, axis=0)
        new = self.momentum * old + (1.0 - self.momentum) * answer
        place = index[:, None]
        self.memory.assign(ops.scatter_update(self.memory, place, new))
        seen = ops.take(self.seen, index, axis=0) + 1.0
        self.seen.assign(ops.scatter_update(self.seen, place, seen))

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "momentum": self.momentum,
            "student_tap": self.student_taps[0],
        }
