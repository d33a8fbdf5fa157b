"""What every transform is."""

import keras


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


@keras.saving.register_keras_serializable("tfkd")
class Identity(Transform):
    """The tap itself."""

    def call(self, x):
        return x
