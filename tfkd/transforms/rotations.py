"""Every image of a batch in four directions."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class Rotations(Transform):
    """Stacks a batch of images, turned by 0, 90, 180 and 270 degrees.

    First all of one direction, then all of the next, counter-clockwise:
    `(batch, size, size, channels)` to `(4 batch, size, size, channels)`.

    Raises:
        InputError: If the inputs are no square images of known size.
    """

    def build(self, input_shape):
        if len(input_shape) != 4 or input_shape[1] != input_shape[2]:
            raise InputError(
                "Square images (batch, size, size, channels) can be turned "
                f"by right angles, received shape {tuple(input_shape)}. Crop "
                "or pad them to squares."
            )

    def call(self, x):
        quarter = ops.flip(ops.transpose(x, (0, 2, 1, 3)), axis=1)
        turned = [x, quarter]
        turned += [ops.flip(view, axis=(1, 2)) for view in turned]
        return ops.concatenate(turned, axis=0)


@keras.saving.register_keras_serializable("tfkd")
class StackedPart(Transform):
    """Takes one of several equal parts of what is stacked in a batch.

    Args:
        index: Which part, from 0.
        count: How many there are.
        **kwargs: See `Transform`.
    """

    def __init__(self, index, count, **kwargs):
        super().__init__(**kwargs)
        self.index = index
        self.count = count

    def call(self, x):
        size = ops.shape(x)[0] // self.count
        return x[self.index * size : (self.index + 1) * size]

    def get_config(self):
        config = super().get_config()
        return {**config, "index": self.index, "count": self.count}
