"""What every transform is."""

import keras

from tfkd.errors import InputError


class Transform(keras.layers.Layer):
    """A layer from one tap to what a distance compares.

    Subclasses implement `call(x)`. Those that must end in the shape of the
    other side implement `match`.

    Attributes:
        pairwise: Whether it relates the examples of a batch, so that batches
            of one say nothing.
    """

    pairwise = False

    def __init__(self, *, name=None, dtype="float32", **kwargs):
        super().__init__(name=name, dtype=dtype, **kwargs)

    def match(self, target_shape):
        """Is told the shape `(batch, ...)` of the other side's result."""


class MatchedTransform(Transform):
    """A transform that ends in the width and positions of the other side.

    Subclasses set `units`, the width, which may be `None` until `match`.

    Attributes:
        size: Sizes of the other side's positions; `None` until `match`.
    """

    size = None

    def match(self, target_shape):
        self.units = self.units or target_shape[-1]
        self.size = tuple(target_shape[1:-1])

    def check_units(self):
        """Raises an `InputError` where the width is not known."""
        if self.units is None:
            raise InputError(
                f"{type(self).__name__} does not know its output width: give "
                "`units`, or use it inside FeatureMatch, which tells it."
            )

    def get_build_config(self):
        # No argument is the size: a saved model would forget it.
        config = super().get_build_config()
        size = None if self.size is None else list(self.size)
        return config and {**config, "size": size}

    def build_from_config(self, config):
        config = dict(config)
        size = config.pop("size", None)
        self.size = None if size is None else tuple(size)
        super().build_from_config(config)


@keras.saving.register_keras_serializable("tfkd")
class Identity(Transform):
    """The tap itself."""

    def call(self, x):
        return x
