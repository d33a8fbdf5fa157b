"""Answers that were computed before."""

import keras

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.teachers.base import Teacher


@keras.saving.register_keras_serializable("tfkd")
class CachedTeacher(Teacher):
    """A teacher of which only stored answers are at hand.

    Every batch must carry them: `x = {"student": ..., "cached": {tap: ...}}`,
    as those of `tfkd.data.predictions.dataset` do.

    Args:
        shapes: Tap name to shape without the batch.
        **kwargs: See `Teacher`.
    """

    def __init__(self, shapes, **kwargs):
        super().__init__(**kwargs)
        self.shapes = {name: tuple(shape) for name, shape in shapes.items()}

    def connect(self, taps, student):
        for name in taps:
            if name not in self.shapes:
                raise unknown("cached tap of the teacher", name, self.shapes)
        self.built = True
        return {
            name: keras.KerasTensor((None, *self.shapes[name])) for name in taps
        }

    def call(self, inputs, student=None, step=0):
        raise InputError(
            "This teacher has stored answers only, and the batch carries "
            f"none for {sorted(self.shapes)}. Give every batch "
            'x = {"student": ..., "cached": {tap: ...}}.'
        )

    def get_config(self):
        return {**super().get_config(), "shapes": self.shapes}
