"""A segmenter's agreement with a teacher, on images without masks."""

import keras
from keras import ops

from tfkd.distances.base import compatible
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import labelled_examples


@keras.saving.register_keras_serializable("tfkd")
class TargetConsistency(KDLoss):
    """Squared difference of pixels' probabilities, in the target domain.

    Equation:  L = mean_T mean_p w(p) 1/C sum_c (q_t(p)_c - q_s(p)_c)^2 ,
               q = softmax(z) ;  w = Q / mean_p Q ,  Q(p) = mean_k F_t(p)_k^2 ,
               or w = 1 without an attention tap
    Symbols:   T the batch's images without a label, the target; z (batch, h,
               w, C) logits; F_t a map of the teacher, whose attention Q is
               brought to the size of z; p pixels. 0 where T is empty.

    Args:
        attention_tap: Name of F_t; every pixel counts alike if absent.
        teacher_tap: Name of z_t.
        student_tap: Name of z_s.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If logits are no maps of one shape, or F_t is none.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        attention_tap=None,
        teacher_tap="logits",
        student_tap="logits",
        name="consistency",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.attention_tap = attention_tap
        found = (
            (teacher_tap,)
            if attention_tap is None
            else (
                teacher_tap,
                attention_tap,
            )
        )
        self.teacher_taps = tuple(dict.fromkeys(found))
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        theirs = {name: tuple(t.shape) for name, t in teacher.items()}
        first = theirs[self.teacher_taps[0]]
        own = tuple(student[self.student_taps[0]].shape)
        attention = theirs.get(self.attention_tap, first)
        if not compatible(first, own) or any(
            len(shape) != 4 for shape in (first, attention)
        ):
            raise InputError(
                f"{self.name} compares dense logits (batch, height, width, "
                f"classes) of one shape, received {first} and {own}, and an "
                f"attention tap that is a map, received {attention}. Use "
                "segmenters, and a convolutional tap."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        theirs = ops.softmax(teacher[self.teacher_taps[0]], axis=-1)
        own = ops.softmax(student[self.student_taps[0]], axis=-1)
        each = ops.mean(ops.square(theirs - own), axis=-1)
        if self.attention_tap is not None:
            each = each * self.attention(
                teacher[self.attention_tap], own.shape[1:3]
            )
        known = labelled_examples(labels, self.name)
        target = ops.cast(1.0 - known, each.dtype)
        share = ops.maximum(ops.mean(target), 1e-6)
        return target * ops.mean(each, axis=(1, 2)) / share

    def attention(self, features, size):
        """Returns w of a map, `(batch, *size)`.

        Args:
            features: F_t, `(batch, height, width, channels)`.
            size: `(height, width)` of the logits.
        """
        # The scale of a map says nothing, and its square may be too large.
        largest = ops.max(ops.abs(features), axis=(1, 2, 3), keepdims=True)
        features = features / ops.where(largest > 0, largest, 1.0)
        energy = ops.mean(ops.square(features), axis=-1, keepdims=True)
        if tuple(features.shape[1:3]) != tuple(size):
            energy = ops.image.resize(
                energy, tuple(size), data_format="channels_last"
            )
        mean = ops.mean(energy, axis=(1, 2), keepdims=True)
        weight = energy / ops.where(mean > 0, mean, 1.0)
        return ops.where(mean > 0, weight, 1.0)[..., 0]

    def get_config(self):
        return {
            **super().get_config(),
            "attention_tap": self.attention_tap,
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }
