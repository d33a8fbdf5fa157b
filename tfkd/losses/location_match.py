"""Heat maps of keypoints, and locations where a keypoint is."""

import keras
from keras import ops

from tfkd import checks
from tfkd.distances.base import compatible
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.label_match import labels_like
from tfkd.numerics import safe_sqrt


def location_distance(target, found, heat, location_weight):
    """Returns how far heat maps differ, and locations near keypoints.

    Equation:  L = mean_m ||h_m - h'_m||_2 + w mean_m ||H_j (l_m - l'_m)||_2
    Symbols:   h, h' the first J maps of `target` and `found`, l, l' the 3 J
               behind them; m one map, of whose positions the norm is taken,
               and j its keypoint; H `heat`; w = `location_weight`.

    Args:
        target: `(batch, height, width, 4 J)`.
        found: Likewise.
        heat: `(batch, height, width, J)`.
        location_weight: w.

    Returns:
        Shape `(batch,)`.
    """
    joints = heat.shape[-1]
    square = ops.square(found - target)
    near = ops.square(ops.tile(heat, (1, 1, 1, 3)))
    maps = _norms(square[..., :joints])
    locations = _norms(near * square[..., joints:])
    return maps + location_weight * locations


def _norms(square):
    """Mean over maps of the norm of each, `(batch,)`."""
    return ops.mean(safe_sqrt(ops.sum(square, axis=(1, 2))), axis=-1)


@keras.saving.register_keras_serializable("tfkd")
class LocationMatch(KDLoss):
    """A student's heat maps and locations are the teacher's.

    Equation:  L = mean_m ||H_t,m - H_s,m||_2 + w mean_m ||H_j (L_t,m -
               L_s,m)||_2
    Symbols:   H_t, H_s (batch, height, width, J) heat maps, L_t, L_s (batch,
               height, width, 3 J) maps of locations behind them in one tap;
               m one map, j its keypoint; H the heat maps of the labels, which
               say where a location counts; w = `location_weight`.
    Paper:     Hwang et al., *Lightweight 3D Human Pose Estimation Network
               Training Using Teacher-Student Learning*, WACV 2020,
               arXiv:2001.05097.

    Args:
        location_weight: w >= 0.
        teacher_tap: Name of the teacher's maps.
        student_tap: Name of the student's maps.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If w is negative or not finite, the taps are no maps of
            one shape and of four maps a keypoint, or a batch has no labels of
            that shape.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        location_weight=1.0,
        teacher_tap="logits",
        student_tap="logits",
        name="location_match",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.location_weight = checked(location_weight)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        shapes = [
            tuple(teacher[self.teacher_taps[0]].shape),
            tuple(student[self.student_taps[0]].shape),
        ]
        if (
            not compatible(*shapes)
            or len(shapes[0]) != 4
            or (shapes[1][-1] or 1) % 4
        ):
            raise InputError(
                f"{self.name} compares maps (batch, height, width, 4 J) of "
                "one shape: the heat maps of J keypoints, then their rows, "
                f"columns and depths; received shapes {shapes}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        target = teacher[self.teacher_taps[0]]
        found = student[self.student_taps[0]]
        labels = labels_like(labels, found, self.name)
        heat = labels[..., : found.shape[-1] // 4]
        return location_distance(target, found, heat, self.location_weight)

    def get_config(self):
        return {
            **super().get_config(),
            "location_weight": self.location_weight,
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }


def checked(location_weight):
    """Returns w.

    Raises:
        InputError: If it is negative or not finite.
    """
    checks.not_negative(location_weight=location_weight)
    return location_weight
