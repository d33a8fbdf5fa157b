"""The student follows several teachers' maps, as far as a gate lets it."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import per_example
from tfkd.transforms import Regressor
from tfkd.transforms.pooling import average_to


@keras.saving.register_keras_serializable("tfkd")
class GatedFeatures(KDLoss):
    """Hints of several teachers behind a gate that is trained on the task.

    Equation:  L = sum_i mean (g_i F_i - r_i(F_s))^2 + c H(q, softmax(z_g))
               or, of a gate that drops, mean g_i (F_i - r_i(F_s))^2;
               z_g = sum_i U_i mean_p (g_i F_i)(p) + b
    Symbols:   F_i, F_s (batch, height, width, channels) maps of teacher i
               and of the student; r_i a `Regressor`; g = `gate`, a constant
               in the first term; q the label, or the mean of the teachers'
               predictions where there is none; c = `gate_weight`.

    Without the second term the gate would choose what is easy for the
    student; it lets pass what classifies, and U is used for that alone. Maps
    of other sizes are averaged to the smallest.

    Args:
        gate: A layer from the list of the F_i and F_s to a list of gates,
            such as `tfkd.transforms.AttentionGate`.
        teacher_taps: Names of the F_i, one a teacher: `("0/stage3", ...)`.
        student_tap: Name of F_s.
        gate_weight: c > 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a tap is no map of known size, or `gate_weight` is not
            positive.
    """

    def __init__(
        self,
        *,
        gate,
        teacher_taps,
        student_tap,
        gate_weight=1.0,
        name="gated_features",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.gate = gate
        self.map_taps = tuple(teacher_taps)
        self.logit_taps = tuple(
            f"{tap.split('/')[0]}/logits" for tap in self.map_taps
        )
        self.teacher_taps = (*self.map_taps, *self.logit_taps)
        self.student_taps = (student_tap,)
        checks.positive(
            gate_weight=gate_weight,
            hint="Without it nothing trains the gate.",
        )
        self.gate_weight = float(gate_weight)

    def setup(self, teacher, student):
        shapes = [tuple(teacher[name].shape) for name in self.map_taps]
        own = tuple(student[self.student_taps[0]].shape)
        if any(len(s) != 4 or None in s[1:] for s in (*shapes, own)):
            raise InputError(
                "Gates need maps (batch, height, width, channels) of known "
                f"size, received {shapes} of the teachers and {own} of the "
                "student. "
                "Choose convolutional taps: see tfkd.taps.summary(model)."
            )
        self.size = tuple(
            min(sizes) for sizes in zip(*(s[1:3] for s in (*shapes, own)))
        )
        shapes = [(None, *self.size, shape[-1]) for shape in (*shapes, own)]
        policy = self.dtype_policy
        self.gate.build(shapes)
        self.regressors, self.readers = [], []
        classes = teacher[self.logit_taps[0]].shape[-1]
        for index, shape in enumerate(shapes[:-1]):
            regressor = Regressor(name=f"regressor_{index}", dtype=policy)
            regressor.match(shape)
            regressor.build(own)
            reader = keras.layers.Dense(
                classes, name=f"reader_{index}", dtype=policy
            )
            reader.build((None, shape[-1]))
            self.regressors.append(regressor)
            self.readers.append(reader)
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        own = student[self.student_taps[0]]
        maps = [average_to(teacher[n], self.size) for n in self.map_taps]
        gates = self.gate(
            [*maps, ops.stop_gradient(average_to(own, self.size))]
        )
        passed = [gate * x for gate, x in zip(gates, maps)]
        total = self.gate_weight * self._task(teacher, passed, labels)
        for x, gate, regressor in zip(maps, gates, self.regressors):
            gate = ops.stop_gradient(gate)
            follower = regressor(own)
            if self.gate.scales_the_map:
                error = ops.square(gate * x - follower)
            else:
                error = gate * ops.square(x - follower)
            total = total + per_example(error)
        return total

    def _task(self, teacher, passed, labels):
        """H(q, softmax(z_g)) of each example."""
        logits = sum(
            reader(ops.mean(x, axis=(1, 2)))
            for reader, x in zip(self.readers, passed)
        )
        answers = [ops.softmax(teacher[name]) for name in self.logit_taps]
        target = sum(answers) / len(answers)
        if labels is not None:
            rows = label_rows(labels, logits, self.name)
            known = ops.sum(rows, axis=-1, keepdims=True)
            target = rows + (1.0 - known) * target
        target = ops.stop_gradient(target)
        return -ops.sum(target * ops.log_softmax(logits), axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "gate": keras.saving.serialize_keras_object(self.gate),
            "teacher_taps": self.map_taps,
            "student_tap": self.student_taps[0],
            "gate_weight": self.gate_weight,
        }

    @classmethod
    def from_config(cls, config):
        gate = keras.saving.deserialize_keras_object(config["gate"])
        return cls(**{**config, "gate": gate})
