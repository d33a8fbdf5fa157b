"""A distance between the labels themselves and a tap."""

import keras
from keras import ops

from tfkd import distances
from tfkd.distances.base import compatible
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss


def labels_like(labels, tap, name):
    """Returns labels that have the shape of a tap, as its numbers.

    Args:
        labels: Of a batch.
        tap: What they are compared with.
        name: Name of the loss that needs them, for the error.

    Raises:
        InputError: If the batch has no labels of this shape.
    """
    shape = getattr(labels, "shape", None)
    if shape is None or not compatible(tuple(shape), tuple(tap.shape)):
        raise InputError(
            f"The loss {name!r} compares labels with a tap of shape "
            f"{tuple(tap.shape)}, received labels of shape {shape}. Fit on "
            "(inputs, labels) of this shape."
        )
    return ops.cast(labels, tap.dtype)


@keras.saving.register_keras_serializable("tfkd")
class LabelMatch(KDLoss):
    """What an inner output of a network has in common with the labels.

    For labels that are maps or vectors, as `TaskLoss` is for classes; the
    student's own output has the loss that is compiled.

    Equation:  L = D(y, F_s)
    Symbols:   y (batch, ...) labels as floats; F_s a tap of their shape; D =
               `distance`, one value per example.

    Args:
        student_tap: Name of F_s.
        distance: D, a `tfkd.distances.Distance`; mean squared error if
            absent.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a batch has no labels of this shape.
    """

    needs_labels = True

    def __init__(
        self, *, student_tap, distance=None, name="label_match", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.student_taps = (student_tap,)
        self.distance = distance or distances.LpDistance()

    def values(self, teacher, student, *, labels, index, step):
        found = student[self.student_taps[0]]
        return self.distance.call(labels_like(labels, found, self.name), found)

    def get_config(self):
        return {
            **super().get_config(),
            "student_tap": self.student_taps[0],
            "distance": keras.saving.serialize_keras_object(self.distance),
        }

    @classmethod
    def from_config(cls, config):
        distance = keras.saving.deserialize_keras_object(config["distance"])
        return cls(**{**config, "distance": distance})
