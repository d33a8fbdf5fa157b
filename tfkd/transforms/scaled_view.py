"""An image at another scale, mirrored or not."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class ScaledView(Transform):
    """Enlarges images about their centre, and mirrors them left to right.

    The canvas keeps its size: what leaves it is lost, and zeros come in.
    Bilinear.

    Args:
        scale: Factor > 0; 1 leaves the size, 2 shows the middle quarter.
        mirror: Whether images are mirrored.
        **kwargs: See `Transform`.

    Raises:
        InputError: If `scale` is out of range, or the inputs are no images
            `(batch, height, width, channels)` of known size.
    """

    def __init__(self, scale=1.0, mirror=False, **kwargs):
        super().__init__(**kwargs)
        checks.positive(scale=scale, hint="1 leaves the size as it is.")
        self.scale = float(scale)
        self.mirror = bool(mirror)

    def build(self, input_shape):
        if len(input_shape) != 4 or None in input_shape[1:3]:
            raise InputError(
                "Images (batch, height, width, channels) of known size can "
                f"be scaled, received shape {tuple(input_shape)}."
            )

    def call(self, x):
        x = ops.cast(x, self.compute_dtype)
        if self.mirror:
            x = ops.flip(x, axis=2)
        if self.scale == 1.0:
            return x
        rows, columns = (self._weights(x.shape[axis]) for axis in (1, 2))
        return ops.einsum("bhwc,ih,jw->bijc", x, rows, columns)

    def _weights(self, size):
        """Shares of inputs `(outputs, inputs)` along one axis."""
        middle = (size - 1) / 2
        places = ops.arange(size, dtype=self.compute_dtype)
        source = (places - middle) / self.scale + middle
        gaps = ops.abs(source[:, None] - places[None, :])
        return ops.maximum(1.0 - gaps, 0.0)

    def get_config(self):
        return {
            **super().get_config(),
            "scale": self.scale,
            "mirror": self.mirror,
        }
