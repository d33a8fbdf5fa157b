"""What a pixel is among its neighbours: the census transform."""

import numpy as np
from keras import ops

# The soft sign, and the soft count of signs that differ.
_SIGN, _COUNT = 0.81, 0.1


def census(images, width):
    """Returns how every pixel's neighbours are brighter or darker than it.

    Equation:  c_q(p) = d / sqrt(0.81 + d^2),  d = 255 (I(q) - I(p)),
               for the pixels q of a window around p
    Symbols:   I the mean over channels, in [0, 1].
    Paper:     Zabih & Woodfill, ECCV 1994, and of this soft form Meister et
               al., *UnFlow*, AAAI 2018, arXiv:1711.07837.

    Args:
        images: `(batch, height, width, channels)` in [0, 1].
        width: Of the window, odd.

    Returns:
        Shape `(batch, height - width + 1, ..., width^2)`, of pixels whose
        window is inside.
    """
    gray = 255.0 * ops.mean(images, axis=-1, keepdims=True)
    kernel = np.eye(width**2).reshape(width, width, 1, width**2)
    around = ops.conv(gray, ops.cast(kernel, gray.dtype))
    edge = width // 2
    apart = around - gray[:, edge:-edge, edge:-edge]
    return apart * ops.rsqrt(_SIGN + ops.square(apart))


def census_difference(first, second, width):
    """Returns how many neighbours are on the other side, softly counted.

    Equation:  H(p) = sum_q e / (0.1 + e),  e = (c_q(p) - c'_q(p))^2

    Args:
        first: As `images` of `census`.
        second: Likewise.
        width: Of the window, odd.

    Returns:
        Shape `(batch, height - width + 1, ..., 1)`.
    """
    gap = ops.square(census(first, width) - census(second, width))
    return ops.sum(gap / (_COUNT + gap), axis=-1, keepdims=True)
