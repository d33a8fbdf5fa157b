"""Hinton's softened class probabilities."""

import keras
from keras import ops

from tfkd import schedules
from tfkd.distances.base import compatible
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class SoftTargets(KDLoss):
    """The student's softened probabilities follow the teacher's.

    Equation:  L = T^2 KL(softmax(z_t / T) || softmax(z_s / T)), the mean over
               positions where logits are dense maps. In nats. With a
               student's own T_s: T_s^2 KL(softmax(z_t / T) ||
               softmax(z_s / T_s)). With a correction c of targets:
               T^2 KL(softmax(c(z_t / T, y)) || softmax(z_s / T)); with a
               selection w of examples, times w(z_t, y).
    Symbols:   z_t, z_s (batch, ..., classes) logits; T = `temperature`, of
               every example its own with a `dynamic_temperature`; T_s =
               `student_temperature`; c = `correction`; w = `selection`;
               y labels.
    Paper:     Hinton et al., *Distilling the Knowledge in a Neural Network*,
               arXiv:1503.02531; survey Eqns 1-2. The factor T^2 keeps the
               gradient's scale when T changes.

    Args:
        temperature: T > 0, a number or schedule.
        teacher_tap: Name of the teacher's logits.
        student_tap: Name of the student's logits.
        student_temperature: T_s > 0, a number or schedule; T if absent.
        correction: c, called with softened logits and with labels as rows,
            such as `tfkd.transforms.LabelMix`; none if absent.
        dynamic_temperature: Called with z_t, z_s and T, to a temperature an
            example, such as `tfkd.transforms.DynamicTemperature`.
        selection: w, called with z_t and labels as rows, to a factor of each
            example, such as `tfkd.transforms.ConfidentTargets`.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a temperature is not positive, the student has one of
            its own and every example, too, or logits are of a single class.
    """

    def __init__(
        self,
        *,
        temperature=4.0,
        teacher_tap="logits",
        student_tap="logits",
        student_temperature=None,
        correction=None,
        dynamic_temperature=None,
        selection=None,
        name="soft_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.temperature = schedules.get(
            temperature, "temperature", minimum=0.0, exclusive=True
        )
        if student_temperature is None:
            self.student_temperature = None
        else:
            self.student_temperature = schedules.get(
                student_temperature,
                "student_temperature",
                minimum=0.0,
                exclusive=True,
            )
        if not (student_temperature is None or dynamic_temperature is None):
            raise InputError(
                "Soft targets take a student_temperature or a "
                "dynamic_temperature, received both. Leave one out."
            )
        self.correction = correction
        self.dynamic_temperature = dynamic_temperature
        self.selection = selection
        self.needs_labels = not (correction is None and selection is None)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        teacher_shape = tuple(teacher[self.teacher_taps[0]].shape)
        student_shape = tuple(student[self.student_taps[0]].shape)
        if not compatible(teacher_shape, student_shape):
            raise InputError(
                "Soft targets need teacher and student to score the same "
                f"classes, received logits of shapes {teacher_shape} and "
                f"{student_shape}. Give the student as many outputs as the "
                "teacher, or distill features with a method such as fitnet "
                "or at."
            )
        if student_shape[-1] == 1:
            raise InputError(
                "Soft targets are probabilities of several classes, received "
                f"logits of shape {student_shape}: a softmax over one is "
                "always 1. Give both models an output for each class, or use "
                "tfkd.losses.FeatureMatch with tfkd.distances.SigmoidKL()."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        teacher = teacher[self.teacher_taps[0]]
        student = student[self.student_taps[0]]
        temperature = self.temperature(step)
        own = (self.student_temperature or self.temperature)(step)
        factor = ops.square(own)
        if self.dynamic_temperature is not None:
            own = self.dynamic_temperature(
                teacher, student, temperature=temperature
            )
            temperature, factor = own, ops.square(own[..., 0])
        target = teacher / temperature
        if self.needs_labels:
            rows = label_rows(labels, target, self.name)
        if self.correction is not None:
            target = self.correction(target, rows)
        if self.selection is not None:
            factor = factor * self.selection(teacher, rows)
        return per_example(softmax_kl(target, student / own) * factor)

    def get_config(self):
        return {
            **super().get_config(),
            "temperature": keras.saving.serialize_keras_object(
                self.temperature
            ),
            "student_temperature": keras.saving.serialize_keras_object(
                self.student_temperature
            ),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "correction": keras.saving.serialize_keras_object(self.correction),
            "dynamic_temperature": keras.saving.serialize_keras_object(
                self.dynamic_temperature
            ),
            "selection": keras.saving.serialize_keras_object(self.selection),
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for key in ("correction", "dynamic_temperature", "selection"):
            config[key] = keras.saving.deserialize_keras_object(config.get(key))
        return cls(**config)
