"""Repairs a teacher's prediction where it is wrong."""

import math

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.transforms.base import Transform

_REPAIRS = ("probability_shift", "label_smoothing")


@keras.saving.register_keras_serializable("tfkd")
class KnowledgeAdjustment(Transform):
    """Gives the true class the highest probability where it has it not.

    Equation:  q = softmax(z); where argmax q != y:
               "probability_shift": q_y and max q change places
               "label_smoothing":   q_y = e, q_c = (1 - e) / (C - 1) else
    Symbols:   z (batch, ..., C) logits; y label; e = `correct`. The result
               is log q. Without a label, q stays.
    Paper:     Wen, Lai & Qian, *Preparing Lessons: Improve Knowledge
               Distillation with Better Supervision*, 2019, arXiv:1911.07471.

    Args:
        repair: `"probability_shift"` or `"label_smoothing"`.
        correct: e, between 1 / C and 1.
        **kwargs: See `Transform`.

    Raises:
        InputError: If an argument is out of range, or `correct` is too small
            for as many classes.
    """

    def __init__(self, repair="probability_shift", correct=0.9, **kwargs):
        super().__init__(**kwargs)
        if repair not in _REPAIRS:
            raise unknown("repair of wrong predictions", repair, _REPAIRS)
        if not 0 < correct < 1:
            raise InputError(
                "correct must be a probability between 0 and 1, received "
                f"{correct!r}. The paper's label smoothing gives the true "
                "class most of it, such as 0.9."
            )
        self.repair = repair
        self.correct = float(correct)

    def call(self, logits, labels):
        """Returns log-probabilities.

        Args:
            logits: z.
            labels: y as rows of the same shape, zeros where there is none.
        """
        log_q = ops.log_softmax(logits, axis=-1)
        classes = log_q.shape[-1]
        labelled = ops.sum(labels, axis=-1, keepdims=True) > 0
        true = _is(ops.argmax(labels, axis=-1), classes)
        top = _is(ops.argmax(log_q, axis=-1), classes)
        if self.repair == "label_smoothing":
            if not self.correct * classes > 1:
                raise InputError(
                    "correct must be above 1 / classes, or the true class is "
                    f"not the likeliest; received {self.correct} for "
                    f"{classes} classes. Raise it."
                )
            other = (1.0 - self.correct) / (classes - 1)
            repaired = ops.where(
                true,
                ops.full_like(log_q, math.log(self.correct)),
                ops.full_like(log_q, math.log(other)),
            )
        else:
            # Each sum has one term, so the values change places exactly.
            at_true = _at(log_q, true)
            repaired = ops.where(top, at_true, log_q)
            repaired = ops.where(true, _at(log_q, top), repaired)
        # The two are one class where the teacher is right.
        is_right = ops.any(ops.logical_and(true, top), axis=-1, keepdims=True)
        wrong = ops.logical_and(labelled, ops.logical_not(is_right))
        return ops.where(wrong, repaired, log_q)

    def get_config(self):
        return {
            **super().get_config(),
            "repair": self.repair,
            "correct": self.correct,
        }


def _is(index, classes):
    return ops.one_hot(index, classes, dtype="float32") > 0


def _at(x, where):
    """The one element of each row that is marked."""
    return ops.sum(
        ops.where(where, x, ops.zeros_like(x)), axis=-1, keepdims=True
    )
