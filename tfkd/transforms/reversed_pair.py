"""A pair of images in the other order."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class ReversedPair(Transform):
    """Exchanges two images that lie behind each other in the channels.

    A network of flow then answers from the second to the first. One of
    disparity expects a left and a right image: mirrored, the right is one of
    the left.

    Args:
        mirror: Whether both are mirrored, too.

    Raises:
        InputError: If the channels are no two images.
    """

    def __init__(self, mirror=False, **kwargs):
        super().__init__(**kwargs)
        self.mirror = bool(mirror)

    def build(self, input_shape):
        shape = tuple(input_shape)
        if len(shape) != 4 or not shape[-1] or shape[-1] % 2:
            raise InputError(
                "A pair must be two images in the channels, (batch, height, "
                f"width, 2 channels), received shape {shape}."
            )

    def call(self, x):
        first, second = ops.split(x, 2, axis=-1)
        x = ops.concatenate([second, first], axis=-1)
        return ops.flip(x, axis=2) if self.mirror else x

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "mirror": self.mirror}
