"""A teacher's scores of every region, the hard and the absent ones more."""

import keras
from keras import ops

from tfkd.distances.base import compatible
from tfkd.distances.sigmoid_kl import sigmoid_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class RegionSoftTargets(KDLoss):
    """Weighted divergence of the scores of all regions and classes.

    Equation:  L = 1/N sum_rc (1 - exp(-K_rc - e H_rc))^g D_rc ,
               D_rc = u p log(p / q) + v (1 - p) log((1 - p) / (1 - q)) ,
               N = R, or max(1, sum_rc p^n)
    Symbols:   p, q sigmoid of the teacher's and the student's score of class
               c in region r, of R; K = KL(p || q), D for u = v = 1; H the
               teacher's entropy; u = `object_weight`, v =
               `background_weight`; g = `focus`, where 0 weights all alike;
               e = `entropy_weight`; n = `power`, R counts if absent. In nats.
               D has the gradient of a cross-entropy whose two halves weigh u
               and v; where they differ, it can be negative.
    Paper:     Tang et al., *Learning Efficient Detector with Semi-supervised
               Adaptive Distillation*, BMVC 2019, arXiv:1901.00366, for g, e,
               n; Chen et al., NIPS 2017, for v > u.

    Args:
        object_weight: u >= 0.
        background_weight: v >= 0.
        focus: g, 0 or at least 1.
        entropy_weight: e >= 0.
        power: n > 0, or `None`.
        teacher_tap: Name of the teacher's answers, `(batch, regions, 4 +
            classes)`.
        student_tap: Name of the student's.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the taps are no such answers, or a number is out of
            range.
    """

    def __init__(
        self,
        *,
        object_weight=1.0,
        background_weight=1.0,
        focus=0.0,
        entropy_weight=0.0,
        power=None,
        teacher_tap="outputs",
        student_tap="outputs",
        name="region_soft_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        numbers = (object_weight, background_weight, focus, entropy_weight)
        if (
            not all(0 <= number < float("inf") for number in numbers)
            or 0 < focus < 1
            or not (power is None or 0 < power < float("inf"))
        ):
            raise InputError(
                "Soft targets of regions need finite weights >= 0, a focus "
                "of 0 or at least 1, and a power > 0 or None; received "
                f"object_weight={object_weight!r}, background_weight="
                f"{background_weight!r}, focus={focus!r}, entropy_weight="
                f"{entropy_weight!r}, power={power!r}."
            )
        self.object_weight = float(object_weight)
        self.background_weight = float(background_weight)
        self.focus = float(focus)
        self.entropy_weight = float(entropy_weight)
        self.power = power
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        theirs = tuple(teacher[self.teacher_taps[0]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        if (
            len(own) != 3
            or None in own[1:]
            or own[-1] < 5
            or not compatible(theirs, own)
        ):
            raise InputError(
                f"The loss {self.name!r} needs answers (batch, regions, 4 + "
                "classes) for the same regions and classes, received teacher "
                f"{theirs} and student {own}. Use detectors such as "
                "tfkd.tasks.detection.model()."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        target = teacher[self.teacher_taps[0]][..., 4:]
        scores = student[self.student_taps[0]][..., 4:]
        each = sigmoid_kl(
            target, scores, self.object_weight, self.background_weight
        )
        if self.focus:
            each = self.hardness(target, scores) * each
        total = per_example(each, "sum")
        if self.power is None:
            return total / target.shape[1]
        # p^n from log p, which has no power of 0.
        mass = ops.exp(-self.power * ops.softplus(-target))
        return total / ops.maximum(per_example(mass, "sum"), 1.0)

    def hardness(self, target, scores):
        """Returns the first factor of scores, of their shape."""
        entropy = ops.sigmoid(target) * ops.softplus(-target)
        entropy = entropy + ops.sigmoid(-target) * ops.softplus(target)
        effort = sigmoid_kl(target, scores) + self.entropy_weight * entropy
        # Rounding leaves a divergence of equal scores slightly below 0.
        return (-ops.expm1(-ops.maximum(effort, 0.0))) ** self.focus

    def get_config(self):
        return {
            **super().get_config(),
            "object_weight": self.object_weight,
            "background_weight": self.background_weight,
            "focus": self.focus,
            "entropy_weight": self.entropy_weight,
            "power": self.power,
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }
