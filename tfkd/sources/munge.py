"""Inputs that are like those of a data set, and many more."""

import numpy as np

from tfkd.errors import InputError

# Rows of squared distances that are held at once.
_ROWS = 1024


def munge(inputs, copies=1, *, swap=0.5, sharpness=1.0, seed=0):
    """Mixes examples with their nearest neighbours.

    Equation:  visit every example e, with its nearest other example e'; with
               probability p, for each element a, at the same time
               e_a <- N(e'_a, d), e'_a <- N(e_a, d), d = |e_a - e'_a| / s
    Symbols:   p = `swap`; s = `sharpness`; N(mean, standard deviation).
    Paper:     Bucila, Caruana & Niculescu-Mizil, *Model Compression*, KDD
               2006, Sec 2.3: the algorithm MUNGE, for continuous attributes.
               Neighbours are those of the original examples.

    Elements should be of one scale: neighbours are the nearest in Euclidean
    distance.

    Args:
        inputs: An array `(examples, ...)`, at least two examples.
        copies: Mixed data sets to make, at least 1.
        swap: p in [0, 1].
        sharpness: s > 0; the larger, the nearer to exact swaps.
        seed: Whole number.

    Returns:
        Array of `copies * examples` examples, in the inputs' shape, float32.

    Raises:
        InputError: If an argument is out of range.
    """
    inputs = np.asarray(inputs, "float32")
    if len(inputs) < 2 or int(copies) != copies or copies < 1:
        raise InputError(
            "munge needs at least 2 examples and 1 copy, received "
            f"{len(inputs)} examples, copies={copies!r}."
        )
    if not (0 <= swap <= 1 and sharpness > 0):
        raise InputError(
            "munge needs a swap probability in [0, 1] and sharpness > 0, "
            f"received swap={swap!r}, sharpness={sharpness!r}."
        )
    flat = inputs.reshape(len(inputs), -1)
    neighbours = _nearest(flat)
    random = np.random.default_rng(seed)
    made = [
        _mixed(flat, neighbours, swap, sharpness, random)
        for _ in range(int(copies))
    ]
    return np.concatenate(made).reshape(-1, *inputs.shape[1:])


def _mixed(flat, neighbours, swap, sharpness, random):
    result = flat.copy()
    for mine, theirs in enumerate(neighbours):
        pair = result[[mine, theirs]]
        chosen = random.random(flat.shape[1]) < swap
        deviation = np.abs(pair[0] - pair[1]) / sharpness
        noise = deviation * random.standard_normal(pair.shape)
        result[[mine, theirs]] = np.where(chosen, pair[::-1] + noise, pair)
    return result


def _nearest(flat):
    """Number of the nearest other example of each."""
    flat = flat.astype("float64")
    square = np.sum(flat**2, axis=1)
    nearest = []
    for start in range(0, len(flat), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(flat)))
        distances = square - 2 * flat[rows] @ flat.T
        distances[rows - start, rows] = np.inf
        nearest.append(np.argmin(distances, axis=1))
    return np.concatenate(nearest)
