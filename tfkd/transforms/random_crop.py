"""A part of a batch of images, at a place that is drawn, and the place."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class RandomCrop(Transform):
    """Cuts all images of a batch at one place, drawn for each batch.

    Of height and width it takes `2 * pixels` away: `pixels` of each border
    where it does not draw, which is outside of training.

    Args:
        pixels: Half of what is taken away, at least 1.
        seed: Whole number; one seed gives one sequence of places.
        **kwargs: See `Transform`.

    Returns:
        When called, a list of the part `(batch, height, width, channels)`,
        and of the row and column in the images where it begins, whole numbers
        `(batch, 2)`.

    Raises:
        InputError: If `pixels` is no whole number >= 1, or the inputs are no
            images that are larger.
    """

    def __init__(self, pixels, seed=0, **kwargs):
        super().__init__(**kwargs)
        checks.whole(1, pixels=pixels)
        self.pixels = int(pixels)
        self.seed = int(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def build(self, input_shape):
        shape = tuple(input_shape)
        least = 2 * self.pixels + 1
        if len(shape) != 4 or any(n and n < least for n in shape[1:3]):
            raise InputError(
                f"Images (batch, height, width, channels) of at least {least} "
                f"pixels can lose {self.pixels} at each border, received "
                f"shape {shape}."
            )

    def call(self, x, training=True):
        if training:
            corner = keras.random.randint(
                (2,), 0, 2 * self.pixels + 1, seed=self.seed_generator
            )
        else:
            corner = ops.full((2,), self.pixels, dtype="int32")
        part = cropped(x, self.pixels, corner)
        return [part, ops.tile(corner[None], (ops.shape(x)[0], 1))]

    def compute_output_spec(self, x, training=True):
        batch, *sizes, channels = x.shape
        sizes = [n and n - 2 * self.pixels for n in sizes]
        return [
            keras.KerasTensor((batch, *sizes, channels), self.compute_dtype),
            keras.KerasTensor((batch, 2), "int32"),
        ]

    def get_config(self):
        return {
            **super().get_config(),
            "pixels": self.pixels,
            "seed": self.seed,
        }


def cropped(x, pixels, corner):
    """Returns the part of maps that begins at a corner.

    Args:
        x: `(batch, height, width, channels)`.
        pixels: Half of what is taken away of height and width.
        corner: Row and column where the part begins, whole numbers `(2,)`.
    """
    batch, height, width, channels = ops.shape(x)
    row, column = ops.unstack(ops.cast(corner, "int32"), 2)
    sizes = (batch, height - 2 * pixels, width - 2 * pixels, channels)
    return ops.slice(x, (0, row, column, 0), sizes)
