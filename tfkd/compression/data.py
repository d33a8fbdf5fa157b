"""The images that compression may look at: a fixed pick from training data."""

import dataclasses
import hashlib

import numpy as np

from tfkd.errors import InputError
from tfkd.export.convert import check_calibration


@dataclasses.dataclass(frozen=True)
class CompressionData:
    """Training images for a recipe.

    Attributes:
        example_ids: Their ids.
        images: Raw pixels `(count, height, width, channels)`.
        value_range: `(lowest, highest)` pixel value of the data set.
    """

    example_ids: np.ndarray
    images: np.ndarray
    value_range: tuple


def calibration_data(example_ids, images, count, value_range):
    """Picks and checks the representative images.

    The pick depends on ids alone: it is the same for any order and number of
    shards, and a larger `count` only adds images.

    Args:
        example_ids: Ids of the training split.
        images: Its raw pixels `(total, height, width, channels)`.
        count: Images to pick; all, where there are fewer.
        value_range: `(lowest, highest)` pixel value of the data set.

    Raises:
        InputError: If the images cannot calibrate a model.
    """
    if count < 1:
        raise InputError(
            f"calibration_examples must be at least 1, received {count}; 100 "
            "to 500 is usual."
        )
    order = sorted(range(len(example_ids)), key=lambda i: _key(example_ids[i]))
    picked = np.array(order[:count], np.int64)
    images = np.asarray(images)[picked]
    check_calibration(images, value_range)
    return CompressionData(
        example_ids=np.asarray(example_ids)[picked],
        images=images,
        value_range=tuple(value_range),
    )


def _key(example_id):
    # Not the hash that chooses training subsets: the pick covers them all.
    return hashlib.sha256(f"calibration:{example_id}".encode()).digest()
