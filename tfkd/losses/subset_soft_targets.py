"""Soft targets of a teacher that knows some of the student's classes."""

import keras
from keras import ops

from tfkd import schedules
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class SubsetSoftTargets(KDLoss):
    """The student follows a teacher among the classes that it knows.

    Equation:  L = s T^2 KL(softmax(z_t[M] / T) || softmax(z_s[L] / T)), the
               mean over positions of dense maps. In nats.
               s = 1[y in L] where `own_examples`, else 1
    Symbols:   z_t, z_s (batch, ..., classes) logits; z[L] those of the
               classes L in this order; L = `classes`; M = `teacher_classes`,
               all of the teacher's if absent; T = `temperature`; y label.

    Both softmaxes sum over the subset alone, so that the student's other
    classes are free.

    Args:
        classes: L, at least two different class numbers.
        teacher_classes: M, as many as L.
        own_examples: Whether examples of other classes, and examples without
            label, count nothing.
        temperature: T > 0, a number or schedule.
        teacher_tap: Name of z_t.
        student_tap: Name of z_s.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If classes do not fit each other or the taps.
    """

    def __init__(
        self,
        *,
        classes,
        teacher_classes=None,
        own_examples=False,
        temperature=1.0,
        teacher_tap="logits",
        student_tap="logits",
        name="subset_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.classes = _checked(classes)
        self.teacher_classes = teacher_classes and _checked(teacher_classes)
        self.own_examples = bool(own_examples)
        self.needs_labels = self.own_examples
        self.temperature = schedules.get(
            temperature, "temperature", minimum=0.0, exclusive=True
        )
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        theirs = tuple(teacher[self.teacher_taps[0]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        known = self.teacher_classes or range(theirs[-1])
        if (
            len(known) != len(self.classes)
            or max(known) >= theirs[-1]
            or max(self.classes) >= own[-1]
        ):
            raise InputError(
                f"{self.name}: teacher and student must score the classes of "
                f"the subset, received classes={self.classes}, "
                f"teacher_classes={self.teacher_classes} and logits of shapes "
                f"{theirs} and {own}. Name the student's class of each of the "
                "teacher's logits."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        target = teacher[self.teacher_taps[0]]
        if self.teacher_classes:
            target = ops.take(target, self.teacher_classes, axis=-1)
        logits = student[self.student_taps[0]]
        temperature = ops.cast(self.temperature(step), self.compute_dtype)
        divergence = softmax_kl(
            target / temperature, self.pick(logits) / temperature
        )
        if self.own_examples:
            divergence = divergence * self.own(labels, logits)
        return per_example(divergence) * ops.square(temperature)

    def pick(self, x):
        """Returns the elements of the last axis that belong to L."""
        return ops.take(x, self.classes, axis=-1)

    def own(self, labels, logits):
        """Returns 1 where the label is in L, else 0, without the class axis."""
        rows = label_rows(labels, logits, self.name)
        return ops.sum(self.pick(rows), axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "classes": self.classes,
            "teacher_classes": self.teacher_classes,
            "own_examples": self.own_examples,
            "temperature": keras.saving.serialize_keras_object(
                self.temperature
            ),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }


def _checked(classes):
    found = [int(number) for number in classes]
    if len(set(found)) < max(2, len(found)) or min(found) < 0:
        raise InputError(
            "A subset of classes must be at least two different numbers >= "
            f"0, received {list(classes)}."
        )
    return found
