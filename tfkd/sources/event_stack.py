"""What an event camera reports of a film."""

import numpy as np

from tfkd.errors import InputError


def event_stack(films, *, contrast=0.2, offset=1.0, bins=1):
    """Counts brighter and darker events between the frames of films.

    A pixel remembers a brightness log(I + offset). Whenever the present one
    differs from it by the contrast or more, it reports one event for each
    whole contrast, and remembers that much more or less.

    Args:
        films: Intensities `(examples, frames, height, width, channels)` >= 0,
            of at least two frames.
        contrast: Change of brightness that makes an event, > 0.
        offset: Added to intensities, > 0; dark pixels are less sensitive the
            larger it is.
        bins: Equal parts of the time between the first frame and the last,
            at least 1; no more than changes of frames.

    Returns:
        Counts `(examples, height, width, bins * 2 * channels)` in float32:
        for each bin the brighter events of every channel, then the darker.

    Raises:
        InputError: If an argument is out of range, or an intensity negative
            or not finite.
    """
    films = np.asarray(films, "float64")
    _check(films, contrast, offset, bins)
    brightness = np.log(films + offset)
    count, frames, height, width, channels = films.shape
    shape = (count, height, width, int(bins), 2, channels)
    stack = np.zeros(shape, "float32")
    memory = brightness[:, 0]
    for frame in range(1, frames):
        # A hundred steps of 0.2 must not end just below the next event.
        change = (brightness[:, frame] - memory) / contrast
        events = np.trunc(change + np.sign(change) * 1e-9)
        memory = memory + contrast * events
        part = (frame - 1) * int(bins) // (frames - 1)
        stack[:, :, :, part, 0] += np.maximum(events, 0)
        stack[:, :, :, part, 1] += np.maximum(-events, 0)
    return stack.reshape((count, height, width, -1))


def _check(films, contrast, offset, bins):
    if films.ndim != 5 or films.shape[1] < 2:
        raise InputError(
            "Films must be (examples, frames, height, width, channels) of at "
            f"least two frames, received shape {films.shape}."
        )
    if not (np.all(np.isfinite(films)) and np.all(films >= 0)):
        raise InputError(
            "Intensities must be finite and >= 0, received values from "
            f"{films.min()} to {films.max()}. Undo a standardization first."
        )
    good = 0 < contrast < float("inf") and 0 < offset < float("inf")
    if not good or int(bins) != bins or not 1 <= bins < films.shape[1]:
        raise InputError(
            "An event camera needs contrast > 0, offset > 0 and bins from 1 "
            f"to the {films.shape[1] - 1} changes of frames, received "
            f"contrast={contrast!r}, offset={offset!r}, bins={bins!r}."
        )
