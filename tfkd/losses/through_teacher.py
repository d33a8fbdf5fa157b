"""The student's features, filtered, and finished by the teacher itself."""

import keras
from keras import ops

from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import per_example
from tfkd.taps import cut
from tfkd.transforms import Regressor
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class ThroughTeacher(KDLoss):
    """A teacher's own end must say the same of the student's features.

    Equation:  L = KL(softmax(z[C]) || softmax(f(r(g * F_s))[C])), or
               D(z[C], f(r(g * F_s))[C]) of another `distance` D;
               g = sigmoid(W_2 relu(W_1 mean_p F_s(p)))
    Symbols:   z (batch, ..., classes) the teacher's logits, or whatever it
               ends in, and the mean is over positions; f its layers behind
               the tap F_t, frozen and in inference mode; F_s (batch, height,
               width, channels) the student's map; g one number a channel,
               the channel coding, of channels / 4 hidden units, at least 16,
               without biases; r a `Regressor` to the shape of F_t; C =
               `classes`, the logits that are wanted; W trained. In nats.
    Paper:     Ye et al., *Amalgamating Filtered Knowledge: Learning
               Task-customized Student from Multi-task Teachers*, IJCAI 2019,
               arXiv:1905.11569.

    Args:
        member: Number of the teacher in the ensemble.
        teacher_tap: Name of F_t in that teacher.
        student_tap: Name of F_s.
        classes: C, at least two of the teacher's classes; all if absent.
        distance: D, a `tfkd.distances.Distance`, for a teacher whose outputs
            are no logits; the divergence if absent.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a tap is no map, the teacher cannot be cut there, or
            has no such classes.
    """

    def __init__(
        self,
        *,
        member,
        teacher_tap,
        student_tap,
        classes=None,
        distance=None,
        name="through_teacher",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.member = int(member)
        self.teacher_tap = teacher_tap
        self.teacher_taps = (f"{member}/logits", f"{member}/{teacher_tap}")
        self.student_taps = (student_tap,)
        self.classes = classes and [int(number) for number in classes]
        self.distance = distance
        self._end = Untracked(model=None)

    def attach(self, teacher, student):
        model = teacher.members[self.member].model
        self._end = Untracked(model=cut(model, [self.teacher_tap])[1])

    def setup(self, teacher, student):
        logits, theirs = [teacher[name].shape for name in self.teacher_taps]
        own = tuple(student[self.student_taps[0]].shape)
        if len(theirs) != 4 or len(own) != 4:
            raise InputError(
                f"{self.name} needs maps (batch, height, width, channels), "
                f"received taps of shapes {tuple(theirs)} and {own}. Choose "
                "convolutional taps: see tfkd.taps.summary(model)."
            )
        wanted = self.classes or list(range(logits[-1]))
        fewest = 2 if self.distance is None else 1
        if (
            len(set(wanted)) < fewest
            or not 0 <= min(wanted) <= max(wanted) < (logits[-1])
        ):
            raise InputError(
                f"{self.name} needs at least {'two' if fewest == 2 else 'one'}"
                " of the teacher's "
                f"{logits[-1]} classes, received {wanted}."
            )
        channels = own[-1]
        hidden = max(16, channels // 4)
        self.squeeze = self.add_weight(
            (channels, hidden), "glorot_uniform", name="squeeze"
        )
        self.excite = self.add_weight(
            (hidden, channels), "glorot_uniform", name="excite"
        )
        self.regressor = Regressor(name="regressor", dtype=self.dtype_policy)
        self.regressor.match(theirs)
        self.regressor.build(own)
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        features = student[self.student_taps[0]]
        filtered = self.regressor(self.gate(features) * features)
        answer = self._end.model(filtered, training=False)
        answer = ops.cast(answer, self.compute_dtype)
        pair = [teacher[self.teacher_taps[0]], answer]
        if self.classes:
            pair = [ops.take(z, self.classes, axis=-1) for z in pair]
        if self.distance is not None:
            return self.distance.call(*pair)
        return per_example(softmax_kl(*pair))

    def gate(self, features):
        """Returns g, `(batch, 1, 1, channels)`."""
        mean = ops.mean(features, axis=(1, 2), keepdims=True)
        hidden = ops.relu(ops.matmul(mean, self.squeeze))
        return ops.sigmoid(ops.matmul(hidden, self.excite))

    def get_config(self):
        return {
            **super().get_config(),
            "member": self.member,
            "teacher_tap": self.teacher_tap,
            "student_tap": self.student_taps[0],
            "classes": self.classes,
            "distance": keras.saving.serialize_keras_object(self.distance),
        }

    @classmethod
    def from_config(cls, config):
        distance = keras.saving.deserialize_keras_object(config["distance"])
        return cls(**{**config, "distance": distance})
