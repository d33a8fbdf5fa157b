"""Positions attend to positions as the teacher's do."""

import keras
from keras import ops

from tfkd.distances.base import compatible
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.base import KDLoss
from tfkd.losses.masking import mean_where

_KINDS = ("scores", "vectors")
# Its exponential is 0, and its difference from another is finite.
_NEVER = -1e30


@keras.saving.register_keras_serializable("tfkd")
class RelationKL(KDLoss):
    """KL between the relations of the positions of a sequence.

    Equation:  L = 1/(H |x|) sum_h sum_i KL(softmax_j a^t_hij ||
               softmax_j a^s_hij), in nats; i, j over the |x| positions that
               are no padding
               kind "scores":   a is the tap, products of queries and keys
               kind "vectors":  a_hij = v_hi . v_hj / sqrt(d)
    Symbols:   tap (batch, H, length, length), or v (batch, H, length, d)
               such as values; d may differ between teacher and student.
    Paper:     Wang et al., *MiniLM: Deep Self-Attention Distillation for
               Task-Agnostic Compression of Pre-Trained Transformers*, NeurIPS
               2020, arXiv:2002.10957, Sec 3.

    Args:
        teacher_tap: Name of the teacher's tensor.
        student_tap: Name of the student's tensor.
        kind: `"scores"` (before the softmax) or `"vectors"`.
        mask_tap: Name of the student's tensor `(batch, length)`, true where
            no padding is, for both; `None` where nothing is padded.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the kind is unknown.
    """

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        kind="scores",
        mask_tap=None,
        name="relation_kl",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if kind not in _KINDS:
            raise unknown("kind of relations", kind, _KINDS)
        self.kind = kind
        self.mask_tap = mask_tap
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,) + ((mask_tap,) if mask_tap else ())

    def setup(self, teacher, student):
        first = tuple(teacher[self.teacher_taps[0]].shape)
        second = tuple(student[self.student_taps[0]].shape)
        same = 4 if self.kind == "scores" else 3
        if (
            len(first) != 4
            or len(second) != 4
            or not compatible(first[:same], second[:same])
        ):
            last = "length" if self.kind == "scores" else "features"
            raise InputError(
                "Relations are compared head by head, position by position: "
                f"both taps must be (batch, heads, length, {last}) of equal "
                f"heads and length, received teacher {first} and student "
                f"{second}. Choose other taps, or give the student as many "
                "heads as the teacher."
            )
        if self.mask_tap and not compatible(
            tuple(student[self.mask_tap].shape), (None, second[2])
        ):
            raise InputError(
                f"The mask must have shape (batch, length), {second[2]} "
                f"positions here; the tap {self.mask_tap!r} has shape "
                f"{tuple(student[self.mask_tap].shape)}. Name another, or "
                "pass None."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        valid = None
        if self.mask_tap:
            valid = ops.cast(student[self.mask_tap], "bool")
        divergence = softmax_kl(
            self._relations(teacher[self.teacher_taps[0]], valid),
            self._relations(student[self.student_taps[0]], valid),
        )
        return mean_where(ops.mean(divergence, axis=1), valid)

    def _relations(self, tensor, valid):
        """Logits `(batch, heads, length, length)`."""
        if self.kind == "vectors":
            scaled = tensor * tensor.shape[-1] ** -0.5
            tensor = ops.einsum("bhid,bhjd->bhij", scaled, tensor)
        if valid is None:
            return tensor
        return ops.where(valid[:, None, None, :], tensor, _NEVER)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "kind": self.kind,
            "mask_tap": self.mask_tap,
        }
