"""What a teacher detects, as the boxes that a student must find."""

import keras
from keras import ops

from tfkd.distances.base import compatible
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss


@keras.saving.register_keras_serializable("tfkd")
class PseudoBoxes(KDLoss):
    """A detector's loss on the detections of a teacher of the same anchors.

    Equation:  L = 1/max(1, P) sum_a [ sum_c B(h_ac, sigmoid(s_ac))
                                       + b h_a sum_k h(u_ak - v_ak) ] ,
               h_ac = 1[c = argmax t_a and sigmoid(t_ac) >= m] ,
               h_a = sum_c h_ac ,  P = sum_a h_a
    Symbols:   t, s (batch, anchors, classes) scores by teacher and student;
               u, v (batch, anchors, 4) their boxes relative to the anchor; B
               the binary cross-entropy, h(.) Huber's loss; m = `threshold`;
               b = `box_weight`. In nats.

    A box that several anchors find is a target of each of them: nothing is
    suppressed.

    Args:
        teacher_tap: Name of (u, t), `(batch, anchors, 4 + classes)`.
        student_tap: Name of (v, s).
        threshold: m in (0, 1).
        box_weight: b >= 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the taps are no such detections, or a number is out of
            range.
    """

    def __init__(
        self,
        *,
        teacher_tap="outputs",
        student_tap="outputs",
        threshold=0.5,
        box_weight=1.0,
        name="pseudo_boxes",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not 0 < threshold < 1 or not 0 <= box_weight < float("inf"):
            raise InputError(
                "Pseudo boxes need a threshold in (0, 1) and a finite "
                f"box_weight >= 0, received threshold={threshold!r}, "
                f"box_weight={box_weight!r}."
            )
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.threshold = float(threshold)
        self.box_weight = float(box_weight)

    def setup(self, teacher, student):
        theirs = tuple(teacher[self.teacher_taps[0]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        if len(own) != 3 or own[-1] < 5 or not compatible(theirs, own):
            raise InputError(
                f"The loss {self.name!r} needs detections (batch, anchors, 4 "
                "+ classes) of the same anchors and classes, received teacher "
                f"{theirs} and student {own}. Use detectors such as "
                "tfkd.tasks.detection.model()."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        theirs = teacher[self.teacher_taps[0]]
        own = student[self.student_taps[0]]
        found = self.targets(theirs[..., 4:])
        scores = own[..., 4:]
        # -log sigmoid(s) = softplus(s) - s.
        classes = ops.sum(ops.softplus(scores) - found * scores, axis=-1)
        here = ops.sum(found, axis=-1)
        boxes = 4.0 * keras.losses.huber(theirs[..., :4], own[..., :4])
        total = ops.sum(classes + self.box_weight * here * boxes, axis=-1)
        return total / ops.maximum(ops.sum(here, axis=-1), 1.0)

    def targets(self, scores):
        """Returns h_ac, `(batch, anchors, classes)`, of t."""
        best = ops.one_hot(
            ops.argmax(scores, axis=-1), scores.shape[-1], dtype=scores.dtype
        )
        sure = ops.sigmoid(scores) >= self.threshold
        return best * ops.cast(sure, scores.dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "threshold": self.threshold,
            "box_weight": self.box_weight,
        }
