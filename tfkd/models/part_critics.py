"""Critics of the parts of a map, and of films."""

import keras
from keras import layers

from tfkd.errors import InputError
from tfkd.models import critics


def regions(shape, *, grid=(3, 3), filters=(64, 128), name="critic"):
    """Builds a critic of its own for every part of a map.

    A 3x3 convolution and a leaky ReLU for each of `filters`, their mean over
    a part, and a dense layer; no weights are shared between parts.

    Args:
        shape: Of the maps, `(batch, height, width, channels)`.
        grid: Rows and columns of parts, of sizes as equal as can be.
        filters: Channels of the convolutions.
        name: Name of the model.

    Returns:
        A float32 functional model to scores `(batch, rows * columns)`.

    Raises:
        InputError: If the maps are no maps of known size, or smaller than
            the grid.
    """
    known = len(shape) == 4 and None not in tuple(shape)[1:]
    if not known or any(
        int(parts) != parts or not 1 <= parts <= size
        for parts, size in zip(grid, shape[1:3])
    ):
        raise InputError(
            "A critic of regions needs a tap (batch, height, width, channels) "
            "of known size, and a grid of at least 1 and at most as many rows "
            f"and columns; received shape {tuple(shape)} and grid {grid!r}."
        )
    inputs = keras.Input(shape[1:], dtype="float32")
    scores = []
    for rows in _parts(shape[1], int(grid[0])):
        for columns in _parts(shape[2], int(grid[1])):
            cropping = (
                (rows[0], shape[1] - rows[1]),
                (columns[0], shape[2] - columns[1]),
            )
            x = layers.Cropping2D(cropping, dtype="float32")(inputs)
            for width in filters:
                x = layers.Conv2D(width, 3, 1, "same", dtype="float32")(x)
                x = layers.LeakyReLU(0.2, dtype="float32")(x)
            x = layers.GlobalAveragePooling2D(dtype="float32")(x)
            scores.append(layers.Dense(1, dtype="float32")(x))
    if len(scores) > 1:
        scores = [layers.Concatenate(dtype="float32")(scores)]
    return keras.Model(inputs, scores[0], name=name)


def films(shape, *, condition, filters=(64, 128), name="critic"):
    """Builds a critic of how maps change in a film, which it sees, too.

    The changes from each frame to the next and all frames of the film are
    channels of what `critics.maps` sees.

    Args:
        shape: Of the maps, `(batch, frames, height, width, channels)`.
        condition: Of the film, of as many frames and the same size.
        filters: Channels of the convolutions.
        name: Name of the model.

    Returns:
        A float32 functional model from a list of maps and the film to scores
        `(batch, 1)`.

    Raises:
        InputError: If they are no films of one known size and at least two
            frames.
    """
    shapes = [tuple(shape), tuple(condition)]
    if (
        any(len(found) != 5 or None in found[1:] for found in shapes)
        or shapes[0][1:4] != shapes[1][1:4]
        or shapes[0][1] < 2
    ):
        raise InputError(
            "A critic of films needs maps and a film (batch, frames, height, "
            "width, channels) of one known size and at least two frames, "
            f"received shapes {shapes}."
        )
    inputs = [keras.Input(found[1:], dtype="float32") for found in shapes]
    changes = layers.Subtract(dtype="float32")(
        [
            layers.Cropping3D(cropping, dtype="float32")(inputs[0])
            for cropping in (
                ((1, 0), (0, 0), (0, 0)),
                ((0, 1), (0, 0), (0, 0)),
            )
        ]
    )
    flat = [_frames_as_channels(x) for x in (changes, inputs[1])]
    critic = critics.maps(
        flat[0].shape, condition=flat[1].shape, filters=filters
    )
    return keras.Model(inputs, critic(flat), name=name)


def _parts(size, count):
    """Start and end of so many parts of a side."""
    ends = [number * size // count for number in range(count + 1)]
    return list(zip(ends, ends[1:]))


def _frames_as_channels(film):
    frames, height, width, channels = film.shape[1:]
    x = layers.Permute((2, 3, 1, 4), dtype="float32")(film)
    shape = (height, width, frames * channels)
    return layers.Reshape(shape, dtype="float32")(x)
