"""How well a dictionary of shapes explains a student's figure in space."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.models import shape_dictionary
from tfkd.numerics import flatten
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class ShapeEnergy(KDLoss):
    """The least cost at which a teacher's dictionary makes a figure.

    Equation:  L = min_c mean (x - c D)^2 + l ||c||_2^2 ,
               x = vec( (X - mean X) R^T )
    Symbols:   X (batch, points, 3) the student's points, rows, columns and
               depths; R (batch, 3, 3) the teacher's rotation of each example;
               D (shapes, 3 points) its dictionary, held; l = `ridge`; the
               least c is c = x D^T (D D^T + 3 points l I)^-1. The teacher's
               own depth is no target: of all depths those cost nothing more
               that some code explains.
    Paper:     Wang, Kong & Lucey, *Distill Knowledge from NRSfM for Weakly
               Supervised 3D Pose Learning*, ICCV 2019, arXiv:1908.06377.

    Args:
        student_tap: Name of X.
        teacher_tap: Name of R.
        ridge: l > 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If l is not positive, the teacher has no dictionary, or
            the student's points are not its.
    """

    def __init__(
        self,
        *,
        student_tap,
        teacher_tap="rotation",
        ridge=0.01,
        name="shape_energy",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not 0 < ridge < float("inf"):
            raise InputError(
                f"ridge of {name} must be a finite number > 0, received "
                f"{ridge!r}."
            )
        self.ridge = float(ridge)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self._shapes = Untracked(value=None)

    def attach(self, teacher, student):
        model = getattr(teacher, "model", teacher)
        self._shapes = Untracked(value=shape_dictionary.shapes_of(model))

    def setup(self, teacher, student):
        turned = tuple(teacher[self.teacher_taps[0]].shape)
        found = tuple(student[self.student_taps[0]].shape)
        width = self._shapes.value.shape[-1]
        if found[1:] != (width // 3, 3) or turned[1:] != (3, 3):
            raise InputError(
                f"{self.name} needs points (batch, {width // 3}, 3) of the "
                "student, as many as the dictionary has, and rotations "
                f"(batch, 3, 3), received shapes {found} and {turned}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        points = student[self.student_taps[0]]
        points = points - ops.mean(points, axis=1, keepdims=True)
        rotation = ops.transpose(teacher[self.teacher_taps[0]], (0, 2, 1))
        return self.energy(flatten(ops.matmul(points, rotation)))

    def energy(self, x):
        """Returns L of figures that are turned as the shapes are.

        Args:
            x: `(batch, 3 * points)`.
        """
        shapes = ops.convert_to_tensor(self._shapes.value, x.dtype)
        count, width = self._shapes.value.shape
        gram = ops.matmul(shapes, ops.transpose(shapes))
        gram = gram + width * self.ridge * ops.eye(count, dtype=x.dtype)
        code = ops.transpose(
            ops.solve(gram, ops.matmul(shapes, ops.transpose(x)))
        )
        gap = x - ops.matmul(code, shapes)
        return ops.mean(ops.square(gap), axis=-1) + self.ridge * ops.sum(
            ops.square(code), axis=-1
        )

    def get_config(self):
        return {
            **super().get_config(),
            "student_tap": self.student_taps[0],
            "teacher_tap": self.teacher_taps[0],
            "ridge": self.ridge,
        }
