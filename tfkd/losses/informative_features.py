"""The student follows those features of a batch that tell most."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import l2_normalize
from tfkd.numerics import mean_square
from tfkd.transforms.regressor import fitting


@keras.saving.register_keras_serializable("tfkd")
class InformativeFeatures(KDLoss):
    """Mean squared difference of the examples that a graph selects.

    Equation:  L_i = B / sum_j a_j  a_i mean_f (t_i - r(s)_i)_f^2 ,
               a = argmin_(a in {0, 1}^B)  - sum_i a_i q_i
                   + l sum_(i < j, y_i = y_j) max(0, c_ij) 1[a_i != a_j] ,
               q_i = cos(t_i, m_(y_i)) - max_(k != y_i) cos(t_i, m_k)
    Symbols:   t, s (batch, features) embeddings; r a `Regressor`, trained,
               where widths differ; y labels; m_k the mean of the class's
               unit embeddings in the batch; c_ij = cos(t_i, t_j); B examples
               of the batch; l = `smoothness`. The minimum is approached in
               `sweeps` rounds that set all a at once, from a_i = 1[q_i > 0].
               An example without label has a_i = 0.

    Args:
        teacher_tap: Name of t.
        student_tap: Name of s.
        logits_tap: Name of the student's logits, whose classes y are.
        smoothness: l >= 0; 0 asks each example alone.
        sweeps: Rounds, at least 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a number is out of range, or a tap is no vector.
    """

    needs_labels = True
    pairwise = True

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        logits_tap="logits",
        smoothness=0.1,
        sweeps=3,
        name="informative_features",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        valid = 0 <= smoothness < float("inf") and sweeps >= 0
        if not valid or int(sweeps) != sweeps:
            raise InputError(
                "A selection needs a finite smoothness >= 0 and a whole "
                f"number of sweeps >= 0, received smoothness={smoothness!r}, "
                f"sweeps={sweeps!r}."
            )
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap, logits_tap)
        self.smoothness = float(smoothness)
        self.sweeps = int(sweeps)

    def setup(self, teacher, student):
        shapes = [
            tuple(teacher[self.teacher_taps[0]].shape),
            *(tuple(student[name].shape) for name in self.student_taps),
        ]
        if any(len(shape) != 2 for shape in shapes):
            raise InputError(
                "Features are selected among embeddings (batch, features), "
                "for classes of logits (batch, classes); received shapes "
                f"{shapes} of {(*self.teacher_taps, *self.student_taps)}."
            )
        self.regressor = fitting(shapes[0], shapes[1], dtype=self.dtype_policy)
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        features = teacher[self.teacher_taps[0]]
        own, logits = (student[name] for name in self.student_taps)
        rows = label_rows(labels, logits, self.name)
        chosen = self.select(features, ops.cast(rows, features.dtype))
        share = ops.mean(chosen)
        error = mean_square(features - self.regressor(own))
        return chosen * error / ops.where(share > 0, share, 1.0)

    def select(self, features, rows):
        """Returns a of each example, 0 or 1, shape `(batch,)`.

        Args:
            features: t.
            rows: Labels, one-hot `(batch, classes)`; zeros for none.
        """
        unit = l2_normalize(features)
        same = ops.matmul(rows, ops.transpose(rows))
        # Row j: the centre of j's class.
        centres = l2_normalize(ops.matmul(same, unit))
        near = ops.matmul(unit, ops.transpose(centres))
        known = ops.sum(rows, axis=-1)
        rival = ops.where(
            (same < 0.5) & (known > 0.5)[None, :], near, -ops.ones_like(near)
        )
        worth = ops.sum(unit * centres, axis=-1) - ops.max(rival, axis=-1)
        edges = ops.relu(ops.matmul(unit, ops.transpose(unit))) * same
        # An example is no neighbour of its own.
        edges = edges * (1.0 - ops.eye(ops.shape(edges)[0], dtype=edges.dtype))
        chosen = _sign(worth)
        for _ in range(self.sweeps):
            pull = ops.matmul(edges, (2.0 * chosen - 1.0)[:, None])[:, 0]
            chosen = _sign(worth + self.smoothness * pull)
        return chosen * known

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "logits_tap": self.student_taps[1],
            "smoothness": self.smoothness,
            "sweeps": self.sweeps,
        }


def _sign(x):
    return ops.cast(x > 0, x.dtype)
