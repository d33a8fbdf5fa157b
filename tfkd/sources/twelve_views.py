"""Twelve views of every image, as EEIL trains on them."""

import numpy as np

from tfkd.errors import InputError

# Of a range of pixels up to 255.
_BRIGHTNESS = 63 / 255
_CONTRAST = (0.2, 1.8)


def twelve_views(x, y, *, value_range, pixels=4, mirror=True, seed=0):
    """Makes a data set twelve times as large.

    Three views of an image: itself; all pixels brighter or darker by the
    same number; contrast around the mean of each channel. Three more: each
    of these shifted at random, with zeros where nothing comes in. Six more:
    all of them mirrored.

    Equation:  x + d,  d ~ U(-63, 63) / 255 (high - low);
               (x - m) k + m,  k ~ U(0.2, 1.8), m the mean of a channel;
               both cut to [low, high]
    Paper:     Castro, Marin-Jimenez, Guil, Schmid & Alahari, *End-to-End
               Incremental Learning*, ECCV 2018, arXiv:1807.09536.
    Differs:   as in the authors' code, but that a shift reaches from
               -`pixels` to `pixels`; there from -`pixels` to `pixels` - 1.

    Args:
        x: Images, an array `(examples, height, width, channels)`.
        y: Labels, an array `(examples, ...)`.
        value_range: `(low, high)` of pixels.
        pixels: Largest shift, at least 0.
        mirror: Whether views are mirrored, which digits and letters should
            not be: six views without.
        seed: Of all draws.

    Returns:
        Images of the dtype of x and labels, the views of each image next to
        each other.

    Raises:
        InputError: If x are no images, the range is empty, or a number is
            out of range.
    """
    x, y = np.asarray(x), np.asarray(y)
    low, high = (float(value) for value in value_range)
    if x.ndim != 4 or len(x) != len(y) or not low < high or pixels < 0:
        raise InputError(
            "Views are made of images (examples, height, width, channels) "
            "with a label each, a value_range (low, high) and pixels >= 0; "
            f"received x of shape {x.shape}, y of shape {y.shape}, "
            f"{value_range!r} and {pixels!r}."
        )
    random = np.random.default_rng(seed)
    images = x.astype("float32")
    each = (len(x), 1, 1, 1)
    brighter = _BRIGHTNESS * (high - low) * random.uniform(-1, 1, each)
    factor = random.uniform(*_CONTRAST, each)
    mean = images.mean(axis=(1, 2), keepdims=True)
    views = np.stack(
        [
            images,
            np.clip(images + brighter, low, high),
            np.clip((images - mean) * factor + mean, low, high),
        ],
        axis=1,
    )
    views = np.concatenate([views, _shifted(views, pixels, random)], axis=1)
    if mirror:
        views = np.concatenate([views, views[..., ::-1, :]], axis=1)
    if np.issubdtype(x.dtype, np.integer):
        views = np.rint(views)
    count = views.shape[1]
    flat = views.reshape(-1, *x.shape[1:]).astype(x.dtype)
    return flat, np.repeat(y, count, axis=0)


def _shifted(views, pixels, random):
    """Shifts each view `(examples, views, height, width, channels)`."""
    height, width = views.shape[2:4]
    around = [(0, 0), (0, 0), (pixels, pixels), (pixels, pixels), (0, 0)]
    padded = np.pad(views, around)
    starts = random.integers(0, 2 * pixels + 1, (2, *views.shape[:2]))
    rows = starts[0][..., None] + np.arange(height)
    columns = starts[1][..., None] + np.arange(width)
    example, view = np.indices(views.shape[:2])
    return padded[
        example[..., None, None],
        view[..., None, None],
        rows[..., :, None],
        columns[..., None, :],
    ]
