"""One of several tensors."""

import keras

from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class Pick(Transform):
    """The tensor of one name in a dict, such as one of several modalities.

    As `preprocessing` of a `FrozenTeacher` it shows each member of an
    ensemble its own view: `x = {"student": ..., "teacher": {"depth": ...}}`.

    Args:
        key: The name.
    """

    def __init__(self, key, **kwargs):
        # Whoever reads the tensor knows in which precision.
        super().__init__(**{"autocast": False, **kwargs})
        self.key = key

    def call(self, x):
        return x[self.key]

    def get_config(self):
        return {**super().get_config(), "key": self.key}
