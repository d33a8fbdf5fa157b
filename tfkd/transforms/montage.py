"""Images that are put together from patches of a batch."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class Montage(Transform):
    """Cuts a batch of images into patches and deals them out anew.

    Every patch is used once. Without change where it is not training.

    Args:
        rows: Patches that an image is high and wide, at least 2.
        seed: Whole number behind the order.

    Raises:
        InputError: If `rows` < 2, or does not divide the size of the images.
    """

    pairwise = True

    def __init__(self, rows=2, seed=0, **kwargs):
        super().__init__(**kwargs)
        checks.whole(2, rows=rows)
        self.rows = int(rows)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        shape = tuple(input_shape)
        if len(shape) != 4 or any(
            size is None or size % self.rows for size in shape[1:3]
        ):
            raise InputError(
                f"A montage of {self.rows} rows needs images (batch, height, "
                "width, channels) of a size that it divides, received shape "
                f"{shape}. Choose other rows."
            )

    def call(self, x, training=False):
        if not training:
            return x
        _, height, width, channels = x.shape
        rows = self.rows
        size = (height // rows, width // rows)
        grid = ops.reshape(x, (-1, rows, size[0], rows, size[1], channels))
        grid = ops.transpose(grid, (0, 1, 3, 2, 4, 5))
        patches = ops.reshape(grid, (-1, *size, channels))
        patches = keras.random.shuffle(patches, seed=self.seed_generator)
        grid = ops.reshape(patches, (-1, rows, rows, *size, channels))
        grid = ops.transpose(grid, (0, 1, 3, 2, 4, 5))
        return ops.reshape(grid, (-1, height, width, channels))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rows": self.rows, "seed": self.seed}
