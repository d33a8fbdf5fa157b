"""Several images of one identity, for a teacher that sees them at once."""

import numpy as np

from tfkd import checks
from tfkd.errors import InputError


def multi_shots(x, y, shots, seed=0):
    """Puts every image together with others of its class.

    Args:
        x: Images `(examples, height, width, channels)`.
        y: Class of each, integers `(examples,)`, none below 0.
        shots: Images put together, at least 1, the image itself first; drawn
            without repetition as far as the class has enough.
        seed: Whole number behind the choice.

    Returns:
        `(examples, height, width, shots * channels)`.

    Raises:
        InputError: If a class is not known, the lengths differ, or `shots` is
            below 1.
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 4 or y.shape != x.shape[:1] or np.any(y < 0):
        raise InputError(
            "Shots are images (examples, height, width, channels) with a "
            f"class >= 0 each, received images of shape {x.shape} and "
            f"labels of shape {y.shape}. Leave out images without label."
        )
    checks.whole(1, shots=shots)
    random = np.random.default_rng(seed)
    chosen = np.empty((len(x), int(shots)), "int64")
    for example, label in enumerate(y):
        others = np.flatnonzero(y == label)
        others = random.permutation(others[others != example])
        # Where there are too few, they come again, and the image itself.
        row = np.append(example, others)
        chosen[example] = np.resize(row, int(shots))
    shape = (*x.shape[:-1], int(shots) * x.shape[-1])
    return np.moveaxis(x[chosen], 1, 3).reshape(shape)
