"""Randomly moved and mirrored images."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class RandomShift(Transform):
    """Moves each image by up to some pixels, and mirrors it or not.

    What leaves the image is lost, and zeros come in: a crop of the padded
    image. In training only.

    Args:
        pixels: Largest shift along height and width, at least 0.
        mirror: Whether half of the images are mirrored left to right.
        seed: Whole number; one seed gives one sequence of shifts.
        **kwargs: See `Transform`.

    Raises:
        InputError: If `pixels` is negative, or the inputs are no images
            `(batch, height, width, channels)` of known size.
    """

    def __init__(self, pixels=4, mirror=True, seed=0, **kwargs):
        super().__init__(**kwargs)
        checks.whole(
            0, pixels=pixels, hint="The usual shift of 32x32 images is 4."
        )
        self.pixels = int(pixels)
        self.mirror = mirror
        self.seed = int(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def build(self, input_shape):
        if len(input_shape) != 4 or None in input_shape[1:3]:
            raise InputError(
                "Images (batch, height, width, channels) of known size can "
                f"be moved, received shape {tuple(input_shape)}. Use another "
                "view, such as tfkd.transforms.GaussianNoise."
            )

    def call(self, x, training=True):
        x = ops.cast(x, self.compute_dtype)
        if not training:
            return x
        rows, columns = (self._sources(x, axis) for axis in (1, 2))
        return ops.einsum("bhwc,bih,bjw->bijc", x, rows, columns)

    def _sources(self, x, axis):
        """1 where an input position ends at an output position."""
        count, size = ops.shape(x)[0], x.shape[axis]
        # (batch, outputs, inputs); an output may have no input: a zero.
        source = ops.arange(size)[None, :, None] + self._integers(
            count, -self.pixels, self.pixels + 1
        )
        if self.mirror and axis == 2:
            turned = self._integers(count, 0, 2) == 1
            source = ops.where(turned, size - 1 - source, source)
        return ops.cast(
            source == ops.arange(size)[None, None], self.compute_dtype
        )

    def _integers(self, count, low, high):
        return keras.random.randint(
            (count, 1, 1), low, high, seed=self.seed_generator
        )

    def get_config(self):
        return {
            **super().get_config(),
            "pixels": self.pixels,
            "mirror": self.mirror,
            "seed": self.seed,
        }
