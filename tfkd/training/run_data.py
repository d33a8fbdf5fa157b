"""What the training components share: splits, checks, records."""

import dataclasses
import os

import numpy as np

from tfkd.data import records
from tfkd.errors import InputError


@dataclasses.dataclass
class Split:
    """A split, or a part of it, in memory.

    Attributes:
        ids: Array of str, shape `(n,)`.
        images: float32 raw pixels, shape `(n, height, width, channels)`.
        labels: int64, shape `(n,)`.
    """

    ids: np.ndarray
    images: np.ndarray
    labels: np.ndarray


def load(uri, split, subset=(0.0, 1.0)):
    """Loads the examples of a split whose fraction lies in `subset`.

    Raises:
        InputError: If there are none.
    """
    ids, images, labels = records.load_arrays(uri, split)
    low, high = subset
    fraction = np.asarray(records.fraction_of(ids))
    inside = (fraction >= low) & (fraction < high)
    if not inside.any():
        raise InputError(
            f"The split {split!r} must have examples in subset=({low}, "
            f"{high}); {len(ids)} examples, none inside. Widen the subset, "
            "or give ExampleGen more data."
        )
    return Split(ids[inside], images[inside], labels[inside])


def check_trainable(model, what):
    """Raises `InputError` if a model has no weights to train."""
    if not model.trainable_weights:
        raise InputError(
            f"{what} must have trainable weights to be trained, it has none "
            "(a SavedModel is frozen). Set train['epochs'] to 0, or use a "
            ".keras file."
        )


def chance_warnings(accuracy, labels):
    """Returns a warning, in a list, if a model is no better than guessing.

    Guessing is always answering the most frequent class; "better" is two
    standard errors above it.
    """
    share = np.bincount(labels).max() / len(labels)
    bound = share + 2 * np.sqrt(share * (1 - share) / len(labels))
    if accuracy > bound:
        return []
    return [
        f"The teacher is right on {accuracy:.1%} of the eval split, and "
        f"always answering the most frequent class on {share:.1%}. Check "
        "that it was trained for these classes in this order, and on pixels "
        "of this range ('scale', 'offset')."
    ]


def portable(model):
    """Returns a model dict without folders of this machine."""
    return {
        key: os.path.basename(os.path.normpath(value))
        if key == "path"
        else portable(value)
        if isinstance(value, dict)
        else os.path.basename(value)
        if key == "weights" and isinstance(value, str)
        else value
        for key, value in model.items()
    }
