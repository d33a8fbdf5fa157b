"""Soft targets of a teacher that chooses among other actions."""

import keras
from keras import ops

from tfkd import schedules
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class AlignedTargets(KDLoss):
    """A network between two sets of actions, and soft targets through it.

    Equation:  L = KL(softmax(F(z_t) / T) || softmax(d_s))
                   + KL(softmax(F(z_t)) || softmax(z_s)) ,
               the first with F held, the second with z_s held
    Symbols:   z_t (batch, m) the teacher's logits; z_s (batch, n) the
               student's, and d_s (batch, n) those that learn from the
               teacher, of a head of its own or z_s itself; F the alignment
               network, dense layers with ELU, trained; T = `temperature`.
               In nats.
    Paper:     Lin, Wang & Zhou, *Collaborative Deep Reinforcement Learning*,
               2017, arXiv:1702.05796.

    Args:
        teacher_tap: Name of z_t.
        student_tap: Name of z_s.
        distilled_tap: Name of d_s; z_s if absent.
        units: Widths of F's hidden layers.
        temperature: T > 0, a number or schedule.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If T is not positive, or taps are no logits of one answer
            an example.
    """

    def __init__(
        self,
        *,
        teacher_tap="logits",
        student_tap="logits",
        distilled_tap=None,
        units=(512, 512, 512, 512),
        temperature=1.0,
        name="aligned_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.temperature = schedules.get(
            temperature, "temperature", minimum=0.0, exclusive=True
        )
        self.units = tuple(units)
        self.student_tap = student_tap
        self.distilled_tap = distilled_tap or student_tap
        self.teacher_taps = (teacher_tap,)
        self.student_taps = tuple(
            dict.fromkeys((student_tap, self.distilled_tap))
        )

    def setup(self, teacher, student):
        theirs = tuple(teacher[self.teacher_taps[0]].shape)
        shapes = [tuple(student[name].shape) for name in self.student_taps]
        if any(len(s) != 2 or None in s[1:] for s in (theirs, *shapes)) or (
            len(set(shapes)) > 1
        ):
            raise InputError(
                "Actions are aligned between logits (batch, actions), those "
                "that learn from the teacher of the student's shape; received "
                f"{theirs} of the teacher and {shapes} of the student."
            )
        policy = self.dtype_policy
        self.hidden = [
            keras.layers.Dense(width, activation="elu", dtype=policy)
            for width in self.units
        ]
        self.projection = keras.layers.Dense(shapes[0][-1], dtype=policy)
        shape = theirs
        for layer in (*self.hidden, self.projection):
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        super().setup(teacher, student)

    def aligned(self, logits):
        """Returns F of the teacher's logits, `(batch, n)`."""
        for layer in self.hidden:
            logits = layer(logits)
        return self.projection(logits)

    def values(self, teacher, student, *, labels, index, step):
        aligned = self.aligned(teacher[self.teacher_taps[0]])
        own = ops.stop_gradient(student[self.student_tap])
        target = ops.stop_gradient(aligned) / ops.cast(
            self.temperature(step), aligned.dtype
        )
        taught = softmax_kl(target, student[self.distilled_tap])
        return per_example(taught + softmax_kl(aligned, own))

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_tap,
            "distilled_tap": self.distilled_tap,
            "units": self.units,
            "temperature": keras.saving.serialize_keras_object(
                self.temperature
            ),
        }
