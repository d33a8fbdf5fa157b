"""How singular vectors change from layer to layer."""

import keras
from keras import ops

from tfkd.errors import unknown
from tfkd.losses.sensing_points import SensingPoints
from tfkd.numerics import l2_normalize
from tfkd.numerics import per_example
from tfkd.transforms import singular_vectors

_BASES = ("own", "teacher")
# Of the student, so many vectors more are candidates for alignment.
_CANDIDATES = 3


@keras.saving.register_keras_serializable("tfkd")
class SingularVectorFlow(SensingPoints):
    """Correlations of two neighbouring layers' singular vectors agree.

    Equation:  L = sum_l sum_cdj (R(t)_cdj - R(s)_cdj)^2,
               R_cdj = exp(-(v^l_cj - v^(l-1)_dj)^2 / 8)
               v^l_j = s_j / ||s||_2 times the j-th right singular vector of
               layer l, s the teacher's singular values on both sides
    Symbols:   t, s teacher and student; layers l a map (batch, height,
               width, channels) each; c, d channels of layers l and l-1; j
               up to `count`. The student's vectors by `basis`:
               "own"      its singular vector most parallel to the teacher's,
                          of its leading `count` + 3, with that sign
               "teacher"  X_s^T u_j / ||X_s^T u_j||_2 with the teacher's left
                          vector u_j, no decomposition
    Paper:     Lee, Kim & Song, *Self-supervised Knowledge Distillation Using
               Singular Value Decomposition*, ECCV 2018, arXiv:1807.06819.

    Args:
        pairs: `((teacher_tap, student_tap), ...)`, at least two layers from
            front to back.
        count: Singular vectors a layer, at least 1.
        basis: `"own"` or `"teacher"`.
        reduce: `"sum"` or `"mean"` over c, d and j.
        **kwargs: See `SensingPoints`.

    Raises:
        InputError: If there are fewer than two layers, one is no map of at
            least `count` channels, or an argument is out of range.
    """

    def __init__(
        self,
        *,
        basis="own",
        reduce="sum",
        name="singular_vector_flow",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if basis not in _BASES:
            raise unknown("basis of singular vectors", basis, _BASES)
        if reduce not in ("sum", "mean"):
            raise unknown("reduction", reduce, ("sum", "mean"))
        self.basis = basis
        self.reduce = reduce

    def values(self, teacher, student, *, labels, index, step):
        maps = self.maps(teacher, student)
        return self.compare([self.vectors(*pair) for pair in maps])

    def vectors(self, teacher, student):
        """Returns v of a layer's two maps, `(batch, channels, count)` each."""
        values, targets = singular_vectors.decompose(teacher, self.count)
        if self.basis == "own":
            many = min(self.count + _CANDIDATES, student.shape[-1])
            _, vectors = singular_vectors.decompose(student, many)
            vectors = singular_vectors.align(vectors, targets)
        else:
            # Squares of both stay inside float32, and scale out.
            flat = (
                ops.reshape(x, (ops.shape(x)[0], -1, x.shape[-1]))
                for x in (teacher, student)
            )
            teacher, student = (l2_normalize(x, axis=(1, 2)) for x in flat)
            left = ops.einsum("bnc,bcj->bnj", teacher, targets)
            left = l2_normalize(left, axis=1)
            vectors = l2_normalize(
                ops.einsum("bnc,bnj->bcj", student, left), axis=1
            )
        return values[:, None] * targets, values[:, None] * vectors

    def compare(self, layers):
        """Returns L for v of all layers, pairs as `vectors` returns."""
        total = 0.0
        for front, back in zip(layers, layers[1:]):
            teacher, student = (
                ops.exp(-ops.square(b[:, :, None] - f[:, None]) / 8.0)
                for f, b in zip(front, back)
            )
            total += per_example(ops.square(teacher - student), self.reduce)
        return total

    def get_config(self):
        return {
            **super().get_config(),
            "basis": self.basis,
            "reduce": self.reduce,
        }
