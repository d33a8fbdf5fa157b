"""A student that should say the same twice."""

import keras

from tfkd.distances.softmax_mse import SoftmaxMSE
from tfkd.losses.base import KDLoss


@keras.saving.register_keras_serializable("tfkd")
class Consistency(KDLoss):
    """Distance of two of the student's own taps, with gradients in both.

    Equation:  L = D(F, F')
    Symbols:   F, F' = the taps; D = `distance`, one value per example.

    Args:
        first_tap: Name of F.
        second_tap: Name of F'.
        distance: D, a `tfkd.distances.Distance`; that of class probabilities
            if absent.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the taps cannot be compared.
    """

    def __init__(
        self,
        *,
        first_tap="logits",
        second_tap,
        distance=None,
        name="consistency",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.student_taps = (first_tap, second_tap)
        self.distance = distance or SoftmaxMSE()

    def setup(self, teacher, student):
        shapes = (tuple(student[name].shape) for name in self.student_taps)
        self.distance.validate(*shapes)
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        return self.distance.call(*(student[n] for n in self.student_taps))

    def get_config(self):
        return {
            **super().get_config(),
            "first_tap": self.student_taps[0],
            "second_tap": self.student_taps[1],
            "distance": keras.saving.serialize_keras_object(self.distance),
        }

    @classmethod
    def from_config(cls, config):
        distance = keras.saving.deserialize_keras_object(config["distance"])
        return cls(**{**config, "distance": distance})
