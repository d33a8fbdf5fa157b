"""Views of images: shifted and flipped by a seed that each of them has.

Integer arithmetic on a hash and copies of pixels, no generator: a seed gives
the same pixels on every machine and in every version.
"""

import hashlib

import numpy as np
import tensorflow as tf

_BITS = 16


def seeds(ids, seed, view):
    """Returns the seed of one view of each example.

    Equation:  the first 63 bits of SHA-256("<seed>/<view>/<id>")

    Args:
        ids: Example ids (str), (n,).
        seed: Seed of the augmentation.
        view: Number of the view, from 0.

    Returns:
        An int64 array of shape `(n,)`.
    """
    digests = (
        hashlib.sha256(f"{seed}/{view}/{id}".encode()).digest() for id in ids
    )
    return np.array(
        [int.from_bytes(digest[:8], "big") >> 1 for digest in digests],
        np.int64,
    )


def view(images, seeds, policy):
    """Returns one view of each image.

    The lowest 16 bits of a seed choose the vertical shift, the next 16 the
    horizontal one, the next bit whether to flip.

    Args:
        images: Tensor `(batch, height, width, channels)`.
        seeds: int64 tensor `(batch,)`, see `seeds`.
        policy: Dict with `shift`, the largest shift in pixels to either side
            (pixels that come in are 0), and `horizontal_flip`, whether every
            second view, at random, is mirrored.
    """
    shift = policy["shift"]
    height, width = images.shape[1:3]
    rows = tf.range(height, dtype=tf.int64)[None, :]
    columns = tf.range(width, dtype=tf.int64)[None, :]
    if policy["horizontal_flip"]:
        flip = _bits(seeds, 2) % 2 == 1
        columns = tf.where(flip[:, None], width - 1 - columns, columns)
    rows = rows + _offset(seeds, 0, shift)[:, None]
    columns = columns + _offset(seeds, 1, shift)[:, None]
    padding = [[0, 0], [shift, shift], [shift, shift], [0, 0]]
    found = tf.gather(tf.pad(images, padding), rows, axis=1, batch_dims=1)
    return tf.gather(found, columns, axis=2, batch_dims=1)


def _bits(seeds, number):
    """Returns the `number`-th 16 bits, from 0, with all above them."""
    return tf.bitwise.right_shift(seeds, tf.cast(number * _BITS, tf.int64))


def _offset(seeds, number, shift):
    """Returns where in the padded image the view begins, 0 to 2 `shift`."""
    return _bits(seeds, number) % 2**_BITS % (2 * shift + 1)
