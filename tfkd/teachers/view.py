"""What the teacher sees, for losses that bring their own network."""

import keras

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.teachers.base import Teacher
from tfkd.transforms.pick import Pick

_TAP = "view"


@keras.saving.register_keras_serializable("tfkd")
class ViewTeacher(Teacher):
    """Provides the teacher's inputs themselves, as the tap `"view"`.

    For a modality that is a target as it is, such as statistics of sound, and
    for one whose network is trained inside a loss.

    Args:
        shape: Of one example, without the batch.
        key: Name of what it provides, where the teacher's inputs are a dict
            of several.
        dtype: Of the inputs.
        **kwargs: See `Teacher`.

    Raises:
        InputError: In a batch whose inputs have another shape.
    """

    def __init__(self, shape, *, key=None, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, autocast=False, **kwargs)
        self.shape = tuple(shape)
        self.key = key
        self._pick = None if key is None else Pick(key)

    def connect(self, taps, student):
        for name in taps:
            if name != _TAP:
                raise unknown("tap of the teacher's view", name, [_TAP])
        self.built = True
        spec = keras.KerasTensor((None, *self.shape), self.compute_dtype)
        return {name: spec for name in taps}

    def call(self, inputs, student=None, step=0):
        if self._pick is not None:
            inputs = self._pick(inputs)
        found = tuple(getattr(inputs, "shape", ()))
        fits = len(found) == 1 + len(self.shape) and all(
            a is None or b is None or a == b
            for a, b in zip(found[1:], self.shape)
        )
        if not fits:
            raise InputError(
                f"The teacher's view must have shape (batch, *{self.shape}), "
                f"received {found}. Give every batch x = "
                '{"student": ..., "teacher": ...}.'
            )
        return {_TAP: inputs}

    def get_config(self):
        config = super().get_config()
        config.pop("autocast", None)
        return {**config, "shape": self.shape, "key": self.key}
