"""A distance that counts less for examples on which the teacher errs."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import mean_square
from tfkd.transforms.regressor import fitting


@keras.saving.register_keras_serializable("tfkd")
class AttentiveMatch(KDLoss):
    """Squared distance, weighted by how well the teacher regresses.

    Equation:  L_i = Phi_i mean (F_t - r(F_s))^2 ,
               Phi_i = max(0, 1 - e_i / (max_j e_j - min_j e_j)) ,
               e_i = mean (T_i - y_i)^2
    Symbols:   F_t, F_s taps; r a `Regressor` where they differ in shape,
               trained; T the teacher's answer, y the numbers to find; i
               examples of a batch, j all of them that training begins with.
               Phi = 1 where all e_j are the same.
    Paper:     Saputra, de Gusmao, Almalioglu, Markham & Trigoni, *Distilling
               Knowledge From a Deep Pose Regressor Network*, ICCV 2019,
               arXiv:1908.00858, Eqns 8-12.

    For an `AdaptingDistiller`, whose first `fit` finds the largest and the
    smallest e_j.

    Args:
        teacher_tap: Name of F_t.
        student_tap: Name of F_s.
        answer_tap: Name of T.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If taps differ in rank.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        teacher_tap="outputs",
        student_tap="outputs",
        answer_tap="outputs",
        name="attentive_match",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_tap = teacher_tap
        self.answer_tap = answer_tap
        self.teacher_taps = tuple(dict.fromkeys((teacher_tap, answer_tap)))
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        self.adaptation = fitting(
            tuple(teacher[self.teacher_tap].shape),
            tuple(student[self.student_taps[0]].shape),
            name="adaptation",
            dtype=self.dtype_policy,
        )
        self.extremes = self.add_weight(
            (2,), "zeros", trainable=False, name="extremes"
        )
        super().setup(teacher, student)

    def adapt(self, taps, labels):
        """Finds the smallest and the largest error of the teacher.

        Args:
            taps: The teacher's answers by name, one row an example.
            labels: The numbers to find.

        Raises:
            InputError: If there are none, or not as many.
        """
        answers = np.asarray(taps[self.answer_tap], "float64")
        self._check(labels, answers.shape)
        gap = answers - np.asarray(labels).reshape(answers.shape)
        error = np.mean(gap.reshape(len(gap), -1) ** 2, axis=1)
        self.extremes.assign([error.min(), error.max()])

    def values(self, teacher, student, *, labels, index, step):
        target = teacher[self.teacher_tap]
        adapted = self.adaptation(student[self.student_taps[0]])
        confidence = self.confidence(teacher[self.answer_tap], labels)
        return confidence * mean_square(target - adapted)

    def confidence(self, answers, labels):
        """Returns Phi of a batch, shape `(batch,)`."""
        self._check(labels, answers.shape)
        labels = ops.cast(labels, answers.dtype)
        error = mean_square(answers - ops.reshape(labels, ops.shape(answers)))
        low, high = ops.unstack(ops.cast(self.extremes, error.dtype), 2)
        spread = high - low
        safe = ops.where(spread > 0, spread, ops.ones_like(spread))
        found = ops.maximum(1.0 - error / safe, 0.0)
        return ops.where(spread > 0, found, ops.ones_like(found))

    def _check(self, labels, shape):
        numbers = getattr(labels, "shape", None)
        if numbers is None or int(np.prod(numbers[1:])) != int(
            np.prod(shape[1:])
        ):
            raise InputError(
                f"The loss {self.name!r} compares the teacher's answers of "
                f"shape {tuple(shape)} with the labels, received labels of "
                f"shape {numbers}. Fit on (inputs, numbers to find), and name "
                "the answer_tap."
            )

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_tap,
            "student_tap": self.student_taps[0],
            "answer_tap": self.answer_tap,
        }
