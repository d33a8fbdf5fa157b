"""One of several tensors."""

import keras

from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class Pick(Transform):
    """The tensor of one name in a dict, such as one of several modalities.

    As `preprocessing` of a `FrozenTeacher` it shows each member of an
    ensemble its own view: `x = {"student": ..., "teacher": {"depth": ...}}`.

    Args:
        key: The name.

    Raises:
        InputError: Where it is given no dict with this name.
    """

    def __init__(self, key, **kwargs):
        # Whoever reads the tensor knows in which precision.
        super().__init__(**{"autocast": False, **kwargs})
        self.key = key

    def call(self, x):
        if isinstance(x, dict) and self.key in x:
            return x[self.key]
        found = sorted(x) if isinstance(x, dict) else type(x).__name__
        raise InputError(
            f"A view must be a dict with {self.key!r}, received {found}. Give "
            f'every batch x = {{"student": ..., "teacher": {{"{self.key}": '
            "...}}."
        )

    def get_config(self):
        return {**super().get_config(), "key": self.key}
