"""Boxes that a student must find at least as well as the teacher."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import box_labels
from tfkd.models import anchors as anchors_lib


@keras.saving.register_keras_serializable("tfkd")
class BoundedBoxes(KDLoss):
    """Error of boxes, until it is smaller than the teacher's by a margin.

    Equation:  L = 1/max(1, P) sum_(a positive) s_a 1[s_a + m > t_a] ,
               s_a = sum_i (u_s,ai - v_ai)^2 ,  t_a = sum_i (u_t,ai - v_ai)^2
    Symbols:   u_t, u_s (batch, anchors, 4) the teacher's and the student's
               boxes relative to the anchor; v that of the object to which an
               anchor belongs; P anchors that are positive, see
               `tfkd.models.anchors.assign`; m = `margin`.
    Paper:     Chen, Choi, Yu, Han & Chandraker, *Learning Efficient Object
               Detection Models with Knowledge Distillation*, NIPS 2017,
               Eqn 4.

    Labels are boxes `(batch, objects, 5)`, see `tfkd.tasks.detection`.

    Args:
        image_size: `(height, width)` of the images, in pixels.
        anchor_sizes: `((height, width), ...)` of the anchors at each
            position, in pixels.
        stride: Pixels from one position to the next.
        margin: m >= 0.
        teacher_tap: Name of u_t, the first of `(batch, anchors, 4 + ...)`.
        student_tap: Name of u_s.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the taps are no answers for these anchors, or a number
            is out of range.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        image_size,
        anchor_sizes,
        stride=4,
        margin=0.0,
        teacher_tap="outputs",
        student_tap="outputs",
        name="bounded_boxes",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not 0 <= margin < float("inf") or stride < 1:
            raise InputError(
                "Bounded boxes need a finite margin >= 0 and a stride >= 1, "
                f"received margin={margin!r}, stride={stride!r}."
            )
        self.image_size = tuple(image_size)
        self.anchor_sizes = tuple(tuple(size) for size in anchor_sizes)
        self.stride = stride
        self.margin = float(margin)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        cells = [pixels // stride for pixels in self.image_size]
        self._anchors = anchors_lib.grid(
            self.image_size, cells, self.anchor_sizes
        ).reshape(-1, 4)

    def setup(self, teacher, student):
        shapes = [
            tuple(teacher[self.teacher_taps[0]].shape),
            tuple(student[self.student_taps[0]].shape),
        ]
        count = len(self._anchors)
        if any(
            len(shape) != 3 or shape[1] != count or shape[2] < 4
            for shape in shapes
        ):
            raise InputError(
                f"The loss {self.name!r} needs answers (batch, {count}, 4 + "
                f"...) for {len(self.anchor_sizes)} anchors at positions "
                f"{self.stride} pixels apart, received teacher {shapes[0]} "
                f"and student {shapes[1]}. Give the anchor_sizes of the "
                "detectors."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        labels = box_labels(labels, self.name)
        positive, _, box, _ = anchors_lib.assign(labels, self._anchors)
        theirs = teacher[self.teacher_taps[0]][..., :4]
        own = student[self.student_taps[0]][..., :4]
        positive, box = (ops.cast(x, own.dtype) for x in (positive, box))
        anchors = ops.convert_to_tensor(self._anchors, own.dtype)
        truth = anchors_lib.encode(box, anchors)
        error = ops.sum(ops.square(own - truth), axis=-1)
        bound = ops.sum(ops.square(theirs - truth), axis=-1)
        worse = ops.cast(error + self.margin > bound, error.dtype)
        total = ops.sum(positive * worse * error, axis=1)
        return total / ops.maximum(ops.sum(positive, axis=1), 1.0)

    def get_config(self):
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "anchor_sizes": self.anchor_sizes,
            "stride": self.stride,
            "margin": self.margin,
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }
