"""Embeddings of a class gather around a centre that is learned."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class ClassCenters(KDLoss):
    """Squared distance of an embedding from the centre of its class.

    Equation:  L_i = ||s_i - c_(y_i)||^2
    Symbols:   s (batch, features) a tap of the student; c (classes, features)
               centres, trained, at first of a standard normal distribution;
               y labels, of which -1 counts 0.
    Paper:     Wen, Zhang, Li & Qiao, *A Discriminative Feature Learning
               Approach for Deep Face Recognition*, ECCV 2016, Eqn 2.
    Differs:   twice the paper's value. Centres move with the optimizer that
               is compiled, not by a rule of their own.

    Args:
        student_tap: Name of s.
        logits_tap: Name of the student's scores, one a class.
        seed: Whole number behind the first centres.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If s is no vector of known size.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        student_tap="embedding",
        logits_tap="logits",
        seed=0,
        name="class_centers",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.student_taps = (student_tap, logits_tap)
        self.seed = int(seed)

    def setup(self, teacher, student):
        own, logits = (tuple(student[tap].shape) for tap in self.student_taps)
        if len(own) != 2 or len(logits) != 2 or None in (own[1], logits[1]):
            raise InputError(
                f"{self.name} gathers vectors (batch, features) of classes, "
                f"received the tap {self.student_taps[0]!r} of shape {own} and "
                f"scores of shape {logits}. Name the tap before the "
                "classifier."
            )
        self.centers = self.add_weight(
            (logits[1], own[1]),
            keras.initializers.RandomNormal(stddev=1.0, seed=self.seed),
            name="centers",
        )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        own, logits = (student[tap] for tap in self.student_taps)
        own = ops.cast(own, self.compute_dtype)
        rows = label_rows(labels, logits, self.name)
        rows = ops.cast(rows, self.compute_dtype)
        gap = own - ops.matmul(rows, ops.convert_to_tensor(self.centers))
        known = ops.sum(rows, axis=-1)
        return known * per_example(ops.square(gap), "sum")

    def get_config(self):
        return {
            **super().get_config(),
            "student_tap": self.student_taps[0],
            "logits_tap": self.student_taps[1],
            "seed": self.seed,
        }
