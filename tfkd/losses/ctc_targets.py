"""The student must be able to say what the teacher says, at any pace."""

import keras
from keras import ops

from tfkd.distances.base import compatible
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss


@keras.saving.register_keras_serializable("tfkd")
class CTCTargets(KDLoss):
    """Connectionist temporal classification of the teacher's transcript.

    Equation:  L = -1/T log sum_(pi : B(pi) = w) prod_f softmax(z_s)_(f, pi_f)
               w = B(argmax z_t)
    Symbols:   z_t, z_s (batch, frames, tokens) logits of T frames; pi a token
               for each frame; B drops repeated tokens, then blanks; w the
               transcript; `blank` the token that says nothing. In nats.
    Paper:     Graves et al., *Connectionist Temporal Classification*, ICML
               2006; from a teacher: Afouras et al., arXiv:1911.12747.

    The teacher's likeliest token of each frame makes the transcript, without
    a search. All frames of a batch count.

    Args:
        teacher_tap: Name of z_t.
        student_tap: Name of z_s, of as many frames and tokens.
        blank: Number of the blank among the tokens.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the taps are no such logits, or there is no such token.
    """

    def __init__(
        self,
        *,
        teacher_tap="logits",
        student_tap="logits",
        blank=0,
        name="ctc_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.blank = int(blank)

    def setup(self, teacher, student):
        theirs = tuple(teacher[self.teacher_taps[0]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        if len(theirs) != 3 or not compatible(theirs, own):
            raise InputError(
                f"The loss {self.name!r} needs logits (batch, frames, tokens) "
                f"of one shape, received teacher {theirs} and student {own}. "
                "Use networks that answer for every frame, at one rate."
            )
        if not 0 <= self.blank < own[-1]:
            raise InputError(
                f"blank must be one of the {own[-1]} tokens, received "
                f"{self.blank!r}. keras.losses.CTC takes 0."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        logits = student[self.student_taps[0]]
        tokens, length = transcript(teacher[self.teacher_taps[0]], self.blank)
        frames = ops.ones_like(length) * ops.shape(logits)[1]
        loss = ops.ctc_loss(
            tokens, logits, length, frames, mask_index=self.blank
        )
        return loss / ops.cast(frames, loss.dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "blank": self.blank,
        }


def transcript(logits, blank=0):
    """Returns the likeliest tokens without repetitions and blanks.

    Args:
        logits: `(batch, frames, tokens)`.
        blank: Number of the token that says nothing.

    Returns:
        Whole numbers `(batch, frames)`, tokens first and then zeros, and how
        many tokens there are, `(batch,)`.
    """
    best = ops.cast(ops.argmax(logits, axis=-1), "int32")
    before = ops.concatenate(
        [ops.full_like(best[:, :1], -1), best[:, :-1]], axis=1
    )
    kept = ops.logical_and(best != blank, best != before)
    place = ops.cumsum(ops.cast(kept, "int32"), axis=1) - 1
    frame = ops.cumsum(ops.ones_like(best), axis=1) - 1
    moves = ops.logical_and(
        place[:, :, None] == frame[:, None, :], kept[:, :, None]
    )
    tokens = ops.sum(ops.cast(moves, "int32") * best[:, :, None], axis=1)
    return tokens, ops.sum(ops.cast(kept, "int32"), axis=1)
