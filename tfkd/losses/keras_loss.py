"""Keras' own distillation losses, inside our `Distiller`."""

import warnings

import keras
from keras import ops

from tfkd.distances.base import compatible
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss


@keras.saving.register_keras_serializable("tfkd")
class KerasLoss(KDLoss):
    """Runs a `keras.distillation` loss as one of ours.

    `LogitsDistillation()` compares raw logits with a divergence that is for
    probabilities: its default names a function, and its softmax and factor
    T^2 apply to the class `keras.losses.KLDivergence` only. Here it gets the
    class, with a warning.

    Equation:  the same scalar for every example of the batch; so sample
               weights scale it by their mean, and do not choose examples

    Args:
        loss: A `keras.distillation.LogitsDistillation`,
            `FeatureDistillation` or another `DistillationLoss`.
        teacher_tap: Name of the teacher's tensor. If absent, the layer that
            `loss` names, else the logits.
        student_tap: Likewise of the student.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `loss` is no distillation loss of Keras.
    """

    def __init__(
        self,
        loss,
        *,
        teacher_tap=None,
        student_tap=None,
        name="keras_loss",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if isinstance(loss, KDLoss) or not isinstance(
            loss, keras.distillation.DistillationLoss
        ):
            raise InputError(
                "KerasLoss wraps a keras.distillation loss, received "
                f"{type(loss).__name__}. Losses of tfkd need no wrapping."
            )
        self.inner = _repaired(loss)
        teacher = getattr(loss, "teacher_layer_name", None)
        student = getattr(loss, "student_layer_name", None)
        self.teacher_taps = (teacher_tap or teacher or "logits",)
        self.student_taps = (student_tap or student or "logits",)

    def setup(self, teacher, student):
        shapes = [
            tuple(teacher[self.teacher_taps[0]].shape),
            tuple(student[self.student_taps[0]].shape),
        ]
        if not compatible(*shapes):
            raise InputError(
                f"The loss {self.name!r} compares tensors of one shape, "
                f"received teacher {shapes[0]} and student {shapes[1]}. Use "
                "tfkd.losses.FeatureMatch with a tfkd.transforms.Regressor()."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        student = student[self.student_taps[0]]
        value = self.inner.compute_loss(teacher[self.teacher_taps[0]], student)
        return ops.broadcast_to(value, (ops.shape(student)[0],))

    def get_config(self):
        return {
            **super().get_config(),
            "loss": keras.saving.serialize_keras_object(self.inner),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }

    @classmethod
    def from_config(cls, config):
        inner = keras.saving.deserialize_keras_object(config["loss"])
        return cls(**{**config, "loss": inner})


def _repaired(loss):
    """A `LogitsDistillation` whose divergence takes probabilities."""
    broken = keras.losses.kl_divergence
    if not isinstance(loss, keras.distillation.LogitsDistillation) or not any(
        part is broken for part in keras.tree.flatten(loss.loss)
    ):
        return loss
    warnings.warn(
        "LogitsDistillation(loss='kl_divergence') applies the divergence to "
        "raw logits. KerasLoss uses loss=keras.losses.KLDivergence(), which "
        "applies softmax and T^2. Pass that yourself to silence this.",
        stacklevel=3,
    )
    mended = keras.tree.map_structure(
        lambda x: keras.losses.KLDivergence() if x is broken else x, loss.loss
    )
    return keras.distillation.LogitsDistillation(
        temperature=loss.temperature, loss=mended
    )
