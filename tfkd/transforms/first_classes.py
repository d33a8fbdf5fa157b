"""The logits of the classes that came first."""

import keras

from tfkd import checks
from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class FirstClasses(Transform):
    """Keeps the first `count` elements of the last axis.

    Args:
        count: How many, at least 1.

    Raises:
        InputError: If `count` < 1, or the tap has fewer.
    """

    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        checks.whole(1, count=count)
        self.count = int(count)

    def build(self, input_shape):
        if input_shape[-1] < self.count:
            raise InputError(
                f"FirstClasses needs at least {self.count} classes, received "
                f"a tap of shape {tuple(input_shape)}."
            )

    def call(self, x):
        return x[..., : self.count]

    def get_config(self):
        return {**super().get_config(), "count": self.count}
