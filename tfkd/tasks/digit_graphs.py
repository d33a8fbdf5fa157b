"""Digits as graphs: images among their nearest ones, and pixels of one."""

import dataclasses

import numpy as np

from tfkd.errors import InputError
from tfkd.errors import unknown

# Darkness of 0 to 16 from which on a pixel is a node.
INK = 4
_SIZE = 8
_SPLITS = ("train", "test")


@dataclasses.dataclass(frozen=True)
class Graphs:
    """Graphs of one number of nodes, smaller ones padded.

    Attributes:
        features: `(count, nodes, features)` float32.
        adjacency: `(count, nodes, nodes)` float32, symmetric, 0 or 1; a node
            that exists has a loop.
        labels: `(count, nodes)` int32, -1 for padding; or `(count,)`, where a
            graph has one label.
    """

    features: np.ndarray
    adjacency: np.ndarray
    labels: np.ndarray


def neighborhoods(
    count,
    *,
    nodes=20,
    neighbors=4,
    classes=tuple(range(10)),
    split="train",
    seed=0,
):
    """Draws digits of scikit-learn and links each with its nearest ones.

    A node is an image of 64 pixels, divided by 16; an edge joins two of which
    one is among the other's `neighbors` nearest in the same graph. Digits of
    the split `"test"` occur in no graph of `"train"`.

    Args:
        count: Number of graphs.
        nodes: Images a graph.
        neighbors: Nearest images, fewer than `nodes`.
        classes: Digits that are drawn; the label is the index among them.
        split: `"train"` or `"test"`.
        seed: The same seed makes the same graphs.

    Returns:
        `Graphs`, a label for each node.

    Raises:
        InputError: If an argument is out of range.
    """
    images, labels = _digits(split)
    rows = np.flatnonzero(np.isin(labels, classes))
    if not 1 <= neighbors < nodes <= len(rows):
        raise InputError(
            "Neighbourhoods need 1 <= neighbors < nodes <= "
            f"{len(rows)}, the digits of these classes; received "
            f"neighbors={neighbors!r}, nodes={nodes!r}."
        )
    random = np.random.default_rng([seed, _SPLITS.index(split)])
    chosen = np.stack(
        [random.choice(rows, nodes, replace=False) for _ in range(count)]
    )
    features = images[chosen].astype("float32") / 16
    index = np.searchsorted(np.sort(classes), labels[chosen])
    return Graphs(
        features=features,
        adjacency=np.stack([nearest(x, neighbors) for x in features]),
        labels=np.argsort(classes)[index].astype("int32"),
    )


def nearest(x, neighbors):
    """Links rows with their nearest ones, and with themselves.

    Args:
        x: `(nodes, features)`.
        neighbors: Nearest other rows of each.

    Returns:
        `(nodes, nodes)` float32, symmetric: an edge counts in both
        directions.
    """
    square = np.sum(np.square(x, dtype="float64"), axis=1)
    distances = square[:, None] + square - 2.0 * x.astype("float64") @ x.T
    np.fill_diagonal(distances, -1.0)  # Each is the nearest to itself.
    order = np.argsort(distances, axis=1, kind="stable")[:, : neighbors + 1]
    adjacency = np.zeros(distances.shape, "float32")
    np.put_along_axis(adjacency, order, 1.0, axis=1)
    return np.maximum(adjacency, adjacency.T)


def episodes(
    count,
    *,
    ways=3,
    shots=2,
    nodes=24,
    neighbors=4,
    classes=tuple(range(10)),
    split="train",
    seed=0,
):
    """Draws neighbourhoods of a few digits, some nodes of known class.

    Args:
        count: Number of graphs.
        ways: Digits a graph, drawn for each; their classes, 0 to `ways` - 1,
            are drawn too.
        shots: Known nodes a class; they come first.
        nodes: Images a graph, more than `ways` times `shots`.
        neighbors: Nearest images, see `nearest`.
        classes: Digits that are drawn from.
        split: `"train"` or `"test"`, of different images.
        seed: The same seed makes the same graphs.

    Returns:
        `Graphs` with a label for each node, of which the first `ways` times
        `shots` are meant to be known.

    Raises:
        InputError: If an argument is out of range.
    """
    images, digits = _digits(split)
    known, most = ways * shots, int(np.bincount(digits).min())
    if not 1 < ways <= len(classes) or not 0 < known < nodes <= most:
        raise InputError(
            "Episodes need 1 < ways <= the digits to draw from and 0 < ways * "
            f"shots < nodes <= {most}, received ways={ways!r}, "
            f"shots={shots!r}, nodes={nodes!r} and {len(classes)} digits."
        )
    random = np.random.default_rng([seed, _SPLITS.index(split)])
    features = np.zeros((count, nodes, images.shape[1]), "float32")
    labels = np.zeros((count, nodes), "int32")
    for graph in range(count):
        drawn = random.permutation(classes)[:ways]
        labels[graph, :known] = np.repeat(np.arange(ways), shots)
        labels[graph, known:] = random.integers(0, ways, nodes - known)
        for label, digit in enumerate(drawn):
            places = np.flatnonzero(labels[graph] == label)
            rows = random.permutation(np.flatnonzero(digits == digit))
            features[graph, places] = images[rows[: len(places)]] / 16
    adjacency = np.stack([nearest(x, neighbors) for x in features])
    return Graphs(features, adjacency, labels)


def pixel_graphs(count, *, split="train", seed=0):
    """Turns images of digits into graphs, see `of_pixels`.

    Args:
        count: Number of images, at most as many as the split has.
        split: `"train"` or `"test"`, of different images.
        seed: Of which images, in which order.

    Returns:
        `Graphs` of 64 nodes, one label a graph: the digit.

    Raises:
        InputError: If there are fewer images.
    """
    images, labels = _digits(split)
    if not 0 < count <= len(images):
        raise InputError(
            f"The split {split!r} has {len(images)} digits, received "
            f"count={count!r}."
        )
    random = np.random.default_rng([seed, _SPLITS.index(split)])
    rows = random.permutation(len(images))[:count]
    features, adjacency = of_pixels(images[rows])
    return Graphs(features, adjacency, labels[rows].astype("int32"))


def of_pixels(images):
    """Links the dark pixels of images.

    A node is a pixel, its features row and column (0 to 1) and darkness (0
    to 1); an edge joins two that touch, also at a corner. Bright pixels are
    padding.

    Args:
        images: `(count, 64)`, darkness of 0 to 16.

    Returns:
        Features `(count, 64, 3)` and adjacency `(count, 64, 64)`, float32.
    """
    place = np.stack(np.divmod(np.arange(_SIZE**2), _SIZE), axis=1)
    touch = np.max(np.abs(place[:, None] - place), axis=-1) <= 1
    dark = images >= INK
    spread = np.broadcast_to(place / (_SIZE - 1), (len(images), *place.shape))
    features = np.concatenate([spread, images[..., None] / 16], axis=-1)
    adjacency = touch & dark[:, :, None] & dark[:, None]
    features = features * dark[..., None]
    return features.astype("float32"), adjacency.astype("float32")


def _digits(split):
    """Pixels (images, 64) and digits of one split."""
    if split not in _SPLITS:
        raise unknown("split of the digits", split, _SPLITS)
    from sklearn import datasets

    images, labels = datasets.load_digits(return_X_y=True)
    tested = np.arange(len(labels)) % 4 == 0
    rows = tested if split == "test" else ~tested
    return images[rows], labels[rows]
