"""One position of a sequence."""

import keras

from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class Position(Transform):
    """The vector at one position, such as the state of [CLS].

    Symbols:   input (batch, length, features), result (batch, features).

    Args:
        index: Which position; the first is 0, the last is -1.

    Raises:
        InputError: If the tap is no sequence, or is shorter.
    """

    def __init__(self, index=0, **kwargs):
        super().__init__(**kwargs)
        self.index = int(index)

    def build(self, input_shape):
        length = input_shape[1] if len(input_shape) == 3 else 0
        if length is not None and not -length <= self.index < length:
            raise InputError(
                f"Position {self.index} of a sequence is read from a tap "
                "(batch, length, features) that is long enough, received "
                f"{tuple(input_shape)}. Choose a tap such as 'stage1' of a "
                "transformer."
            )

    def call(self, x):
        return x[:, self.index]

    def get_config(self):
        return {**super().get_config(), "index": self.index}
