"""What depths of a figure cost, by a dictionary of shapes."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.models import shape_dictionary
from tfkd.numerics import per_example
from tfkd.numerics import safe_sqrt
from tfkd.untracked import Untracked

# Relative to the mean eigenvalue; shapes are centred, so that one is 0.
_RIDGE = 1e-5


@keras.saving.register_keras_serializable("tfkd")
class ShapeEnergy(KDLoss):
    """The cost of the code nearest to a teacher's that gives these depths.

    Equation:  L = ||B_xy c - w||_2 + s ||c||_1 ,
               c = c_t + B_z^+ (z - B_z c_t) ,  B^+ = B^T (B B^T)^-1 ,
               B = D R: every shape of the dictionary, turned
    Symbols:   z (batch, points) depths that the student gives, less their
               mean; w, c_t, R the landmarks that the teacher sees, less their
               mean, its code and its rotation; D (shapes, points, 3) its
               dictionary; B_xy rows and columns of B, B_z its depths; s =
               `sparsity`. The teacher's own depths are no target: they cost
               least, and how much others cost depends on the example.
    Paper:     Wang, Kong & Lucey, *Distill Knowledge from NRSfM for Weakly
               Supervised 3D Pose Learning*, ICCV 2019, arXiv:1908.06377, Eqns
               12-14: an upper bound of the least cost of all codes that give
               these depths.

    Args:
        student_tap: Name of points (batch, points, 3): rows, columns, depths.
        sparsity: s >= 0.
        teacher_taps: Names of w, c_t and R.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If s is negative or not finite, the teacher has no
            dictionary, or of fewer shapes than points, or the student's
            points are not its.
    """

    def __init__(
        self,
        *,
        student_tap,
        sparsity=0.3,
        teacher_taps=("centred", "code", "rotation"),
        name="shape_energy",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        checks.not_negative(sparsity=sparsity)
        self.sparsity = float(sparsity)
        self.teacher_taps = tuple(teacher_taps)
        self.student_taps = (student_tap,)
        self._shapes = Untracked(value=None)

    def attach(self, teacher, student):
        model = getattr(teacher, "model", teacher)
        self._shapes = Untracked(value=shape_dictionary.shapes_of(model))

    def setup(self, teacher, student):
        count, points, _ = self._shapes.value.shape
        theirs = [tuple(teacher[n].shape)[1:] for n in self.teacher_taps]
        found = tuple(student[self.student_taps[0]].shape)
        expected = [(points, 2), (count,), (3, 3)]
        if found[1:] != (points, 3) or theirs != expected or count < points:
            raise InputError(
                f"{self.name} needs points (batch, {points}, 3) of the "
                "student, as many as the teacher's shapes have, and at least "
                f"as many shapes, received {count} shapes, points {found}, and "
                f"taps of shapes {theirs} where {expected} belong."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        landmarks, code, rotation = (teacher[n] for n in self.teacher_taps)
        depths = student[self.student_taps[0]][..., 2]
        depths = depths - ops.mean(depths, axis=-1, keepdims=True)
        shapes = ops.convert_to_tensor(self._shapes.value, depths.dtype)
        turned = ops.einsum("kpc,bcd->bkpd", shapes, rotation)
        code = self.nearest(code, turned[..., 2], depths)
        seen = ops.einsum("bk,bkpd->bpd", code, turned[..., :2])
        square = per_example(ops.square(seen - landmarks), "sum")
        return safe_sqrt(square) + self.sparsity * ops.sum(
            ops.abs(code), axis=-1
        )

    def nearest(self, code, depths_of_shapes, depths):
        """Returns the code nearest to another that gives some depths.

        Args:
            code: c_t, `(batch, shapes)`.
            depths_of_shapes: B_z, `(batch, shapes, points)`.
            depths: z, `(batch, points)`.
        """
        gap = depths - ops.einsum("bk,bkp->bp", code, depths_of_shapes)
        gram = ops.einsum("bkp,bkq->bpq", depths_of_shapes, depths_of_shapes)
        points = depths.shape[-1]
        trace = ops.sum(ops.square(depths_of_shapes), axis=(1, 2))
        # Where all shapes lie in the image, no code gives a depth.
        ridge = _RIDGE * trace / points + 1e-12
        gram = gram + ridge[:, None, None] * ops.eye(points, dtype=gram.dtype)
        step = ops.solve(gram, gap[..., None])[..., 0]
        return code + ops.einsum("bkp,bp->bk", depths_of_shapes, step)

    def get_config(self):
        return {
            **super().get_config(),
            "student_tap": self.student_taps[0],
            "sparsity": self.sparsity,
            "teacher_taps": self.teacher_taps,
        }
