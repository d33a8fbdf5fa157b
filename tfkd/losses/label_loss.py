"""Any Keras loss of the labels, on a tap."""

import keras

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class LabelLoss(KDLoss):
    """What a Keras loss says of the labels and a tap, example by example.

    For peers and branches of tasks other than classification, whose loss is
    `TaskLoss`; the student's own output has the loss that is compiled.

    Args:
        loss: A `keras.losses.Loss`, whose own reduction plays no part.
        student_tap: Name of the tap.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `loss` is no such loss.
    """

    needs_labels = True

    def __init__(self, loss, *, student_tap, name="label_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        if not isinstance(loss, keras.losses.Loss):
            raise InputError(
                "LabelLoss needs a keras.losses.Loss, received "
                f"{loss!r}. Pass an object such as "
                "tfkd.tasks.detection.loss()."
            )
        self.loss = loss
        self.student_taps = (student_tap,)

    def values(self, teacher, student, *, labels, index, step):
        if labels is None:
            raise InputError(
                f"The loss {self.name!r} needs labels, and the batch has "
                "none. Fit on (inputs, labels)."
            )
        outputs = student[self.student_taps[0]]
        return per_example(self.loss.call(labels, outputs))

    def get_config(self):
        return {
            **super().get_config(),
            "loss": keras.saving.serialize_keras_object(self.loss),
            "student_tap": self.student_taps[0],
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        config["loss"] = keras.saving.deserialize_keras_object(config["loss"])
        return cls(**config)
