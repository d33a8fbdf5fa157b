"""Words like the right one are nearly right."""

import keras
from keras import ops

from tfkd import schedules
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.masking import mean_where
from tfkd.numerics import safe_sqrt


@keras.saving.register_keras_serializable("tfkd")
class WordSoftTargets(KDLoss):
    """Soft targets from the distances of word vectors to the right word's.

    Equation:  q_w = softmax_w(-||e_w - e_y||_2 / T)
               L = mean over positions of KL(q || softmax(z)), in nats
    Symbols:   e (words, features) the vectors of all words, a tap without a
               batch; y labels (batch, ...) of positions, -1 where there is
               none, which counts nothing; z (batch, ..., words) logits;
               T = `temperature`.

    Args:
        teacher_tap: Name of e.
        student_tap: Name of z.
        temperature: T > 0, a number or schedule.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If T is not positive.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap="logits",
        temperature=1.0,
        name="word_soft_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.temperature = schedules.get(
            temperature, "temperature", minimum=0.0, exclusive=True
        )

    def setup(self, teacher, student):
        vectors = tuple(teacher[self.teacher_taps[0]].shape)
        logits = tuple(student[self.student_taps[0]].shape)
        if len(vectors) != 2 or vectors[0] != logits[-1]:
            raise InputError(
                "Every word that is scored needs a vector: (words, features) "
                f"for logits (..., words), received {vectors} and {logits}. "
                "Name the tap of the last layer's vectors."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        logits = student[self.student_taps[0]]
        if labels is None:
            raise InputError(
                "Distances are measured from the right words, and the batch "
                "has no labels. Fit on (tokens, next words)."
            )
        count = logits.shape[-1]
        batch = ops.shape(logits)[0]
        labels = ops.cast(ops.reshape(labels, (batch, -1)), "int32")
        logits = ops.reshape(logits, (batch, -1, count))
        valid = labels >= 0
        words = ops.where(valid, labels, ops.zeros_like(labels))
        distance = _distances(teacher[self.teacher_taps[0]], words)
        temperature = ops.cast(self.temperature(step), distance.dtype)
        targets = -distance / temperature
        return mean_where(softmax_kl(targets, logits), valid)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "temperature": keras.saving.serialize_keras_object(
                self.temperature
            ),
        }


def _distances(vectors, words):
    """Euclidean distances of `words` to all, `(batch, positions, words)`."""
    # A common shift changes no distance; without it more cancels below.
    vectors = vectors - ops.mean(vectors, axis=0, keepdims=True)
    square = ops.sum(ops.square(vectors), axis=-1)
    chosen = ops.take(vectors, words, axis=0)
    products = ops.matmul(chosen, ops.transpose(vectors))
    squares = ops.take(square, words)[..., None] + square - 2.0 * products
    # From itself, a word is exactly 0 away, whatever is rounded.
    other = 1.0 - ops.one_hot(words, vectors.shape[0], dtype=vectors.dtype)
    return safe_sqrt(ops.maximum(squares, 0.0) * other)
