"""The student reacts to a change of its input as the teacher does."""

import keras
from keras import ops

from tfkd import distances
from tfkd.distances.base import compatible
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import l2_normalize
from tfkd.taps import derivatives

_OUTPUTS = ("teacher", "label", "all", "largest")


@keras.saving.register_keras_serializable("tfkd")
class JacobianMatch(KDLoss):
    """Distance between normalized derivatives of outputs by the input.

    Equation:  L = D(g_t / ||g_t||_2, g_s / ||g_s||_2),  g = d z_k / d x
    Symbols:   x the network's input; z (batch, outputs) the tap, or the
               attention sum_c F_c^2 at each position of a map F; D =
               `distance`; k by `outputs`:
               "teacher"  the teacher's largest z, in both networks
               "label"    the class of the label
               "all"      every output: the mean of L over k
               "largest"  each network's own largest z
    Paper:     Srinivas & Fleuret, *Knowledge Transfer with Jacobian
               Matching*, ICML 2018, arXiv:1803.00443.

    All but "largest" cost a backward pass per output, in both networks. An
    example without label counts nothing under "label". TensorFlow only.

    Args:
        teacher_tap: Name of z of the teacher.
        student_tap: Name of z of the student.
        outputs: Which outputs are differentiated.
        distance: D, a `tfkd.distances.Distance`; the squared length of the
            difference if absent.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `outputs` is unknown, inputs or outputs of the two
            networks differ in shape, or Keras runs on another backend.
    """

    def __init__(
        self,
        *,
        teacher_tap="logits",
        student_tap="logits",
        outputs="teacher",
        distance=None,
        name="jacobian_match",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if outputs not in _OUTPUTS:
            raise unknown("choice of outputs", outputs, _OUTPUTS)
        self.outputs = outputs
        self.teacher_tap = teacher_tap
        self.student_tap = student_tap
        self.distance = distance or distances.LpDistance(reduce="sum")
        suffix = "gradient" if outputs == "largest" else "jacobian"
        chosen_by = (teacher_tap,) if outputs == "teacher" else ()
        self.teacher_taps = (f"{teacher_tap}:{suffix}", *chosen_by)
        self.student_taps = (f"{student_tap}:{suffix}",)
        self.needs_labels = outputs == "label"

    def setup(self, teacher, student):
        first = tuple(teacher[self.teacher_taps[0]].shape)
        second = tuple(student[self.student_taps[0]].shape)
        if not compatible(first, second):
            raise InputError(
                "Derivatives can be compared between networks of the same "
                "input and outputs, received shapes (batch, outputs, *input) "
                f"{first} of the teacher and {second} of the student. Use "
                "outputs='largest' where only outputs differ."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        rows = [
            self._rows(taps[names[0]])
            for taps, names in (
                (teacher, self.teacher_taps),
                (student, self.student_taps),
            )
        ]
        if self.outputs == "teacher":
            scores = derivatives.scores(teacher[self.teacher_tap])
            chosen = ops.one_hot(ops.argmax(scores, axis=-1), scores.shape[-1])
        elif self.outputs == "label":
            chosen = label_rows(labels, rows[0][..., 0], self.name)
        else:
            return ops.mean(self._compare(*rows), axis=-1)
        chosen = ops.cast(chosen, rows[0].dtype)
        one = (ops.sum(chosen[..., None] * r, axis=1)[:, None] for r in rows)
        return self._compare(*one)[:, 0]

    def _rows(self, tap):
        """One flat derivative an output, `(batch, outputs, features)`."""
        outputs = 1 if self.outputs == "largest" else tap.shape[1]
        return ops.reshape(tap, (ops.shape(tap)[0], outputs, -1))

    def _compare(self, teacher, student):
        """D of every pair of rows, `(batch, outputs)`."""
        flat = (
            l2_normalize(ops.reshape(rows, (-1, ops.shape(rows)[-1])))
            for rows in (teacher, student)
        )
        return ops.reshape(self.distance.call(*flat), (-1, teacher.shape[1]))

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_tap,
            "student_tap": self.student_tap,
            "outputs": self.outputs,
            "distance": keras.saving.serialize_keras_object(self.distance),
        }

    @classmethod
    def from_config(cls, config):
        distance = keras.saving.deserialize_keras_object(config["distance"])
        return cls(**{**config, "distance": distance})
