"""Soft targets that count where the teacher knows more."""

import keras
from keras import ops

from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.labels import label_rows
from tfkd.losses.soft_targets import SoftTargets
from tfkd.numerics import per_example

# Of `SoftTargets`, which a gap has no use for.
_OTHERS = (
    "student_temperature",
    "correction",
    "dynamic_temperature",
    "selection",
)


@keras.saving.register_keras_serializable("tfkd")
class GapTargets(SoftTargets):
    """Divergences weighted by what the student lacks of the right answer.

    Equation:  L = mean_i w_i T^2 KL(softmax(z_t,i / T) || softmax(z_s,i / T)),
               w_i = max(0, p_t,i(y_i) - p_s,i(y_i)) ,  p = softmax(z)
    Symbols:   z_t, z_s (batch, ..., classes) logits; i positions; y labels,
               w 0 where there is none, and without gradient; T =
               `temperature`. In nats.
    Paper:     Shan, *Distilling Pixel-Wise Feature Similarities for Semantic
               Segmentation*, arXiv:1910.14226, for the idea of a pixel's
               knowledge gap.

    Args:
        temperature: T > 0, a number or schedule.
        teacher_tap: Name of z_t.
        student_tap: Name of z_s.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the logits cannot be compared, T is not positive, or a
            batch has no labels.
    """

    def __init__(
        self,
        *,
        temperature=1.0,
        teacher_tap="logits",
        student_tap="logits",
        name="gap_targets",
        **kwargs,
    ):
        given = [key for key in _OTHERS if key in kwargs]
        if given:
            raise InputError(
                f"{name} weighs plain soft targets, received {given}. Use "
                "tfkd.losses.SoftTargets for these."
            )
        super().__init__(
            temperature=temperature,
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            name=name,
            **kwargs,
        )
        self.needs_labels = True

    def values(self, teacher, student, *, labels, index, step):
        teacher = teacher[self.teacher_taps[0]]
        student = student[self.student_taps[0]]
        temperature = self.temperature(step)
        divergence = softmax_kl(teacher / temperature, student / temperature)
        rows = label_rows(labels, teacher, self.name)
        gap = self.gap(teacher, student, rows)
        return per_example(gap * divergence) * ops.square(temperature)

    def gap(self, teacher, student, rows):
        """Returns w of each position.

        Args:
            teacher: z_t.
            student: z_s.
            rows: Labels in their shape, zeros where there is none.
        """
        difference = ops.softmax(teacher) - ops.softmax(student)
        return ops.stop_gradient(ops.relu(ops.sum(rows * difference, axis=-1)))

    def get_config(self):
        config = super().get_config()
        for key in _OTHERS:
            config.pop(key)
        return config

    @classmethod
    def from_config(cls, config):
        return cls(**config)
