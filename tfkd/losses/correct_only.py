"""A loss that counts where the teacher is right."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.base import show_to_parts
from tfkd.losses.labels import label_rows


@keras.saving.register_keras_serializable("tfkd")
class CorrectOnly(KDLoss):
    """Another loss, of the examples that the teacher classifies rightly.

    Equation:  L = 1[argmax z_t = y] L'
    Symbols:   z_t (batch, classes) the teacher's logits; y (batch,) labels,
               or one-hot (batch, classes); L' = `part`, its weight included.
               An example of label -1 counts nothing.

    Args:
        part: L', a `KDLoss`.
        teacher_tap: Name of z_t.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the taps are no logits of one class an example, or a
            batch has no labels.
    """

    needs_labels = True

    def __init__(
        self, *, part, teacher_tap="logits", name="correct_only", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.part = part
        self.teacher_tap = teacher_tap
        taps = (*part.teacher_taps, teacher_tap)
        self.teacher_taps = tuple(dict.fromkeys(taps))
        self.student_taps = part.student_taps
        self.needs_index = part.needs_index
        self.pairwise = part.pairwise
        show_to_parts(self, [part])

    def attach(self, teacher, student):
        self.part.attach(teacher, student)

    def setup(self, teacher, student):
        shape = tuple(teacher[self.teacher_tap].shape)
        if len(shape) != 2:
            raise InputError(
                "CorrectOnly asks whether a teacher's answer is right and "
                f"needs logits (batch, classes); the tap {self.teacher_tap!r} "
                f"has shape {shape}. Name a classifier's logits."
            )
        self.part.setup(teacher, student)
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        logits = teacher[self.teacher_tap]
        rows = label_rows(labels, logits, self.name)
        right = ops.argmax(logits, axis=-1) == ops.argmax(rows, axis=-1)
        # A row without label is all zeros.
        right = ops.logical_and(right, ops.any(rows > 0, axis=-1))
        values = self.part(
            teacher, student, labels=labels, index=index, step=step
        )
        values = values * ops.cast(self.part.weight(step), values.dtype)
        return ops.where(right, values, ops.zeros_like(values))

    def get_config(self):
        return {
            **super().get_config(),
            "part": keras.saving.serialize_keras_object(self.part),
            "teacher_tap": self.teacher_tap,
        }

    @classmethod
    def from_config(cls, config):
        part = keras.saving.deserialize_keras_object(config["part"])
        return cls(**{**config, "part": part})
