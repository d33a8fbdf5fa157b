"""The examples that a diagnosis looks at, as arrays."""

import dataclasses

import numpy as np

from tfkd.errors import InputError

UNLABELLED = -1
# Examples of a dataset that are read at most: it may be endless.
MOST = 100_000
HOW = (
    "Pass (x, y) arrays, or a batched tf.data.Dataset that yields x or (x, y)."
)


@dataclasses.dataclass(frozen=True)
class Examples:
    """Some examples and what is known of their labels.

    Attributes:
        x: What the models take, shape `(n, ...)`.
        y: int64 class numbers `(n,)`, -1 where there is none.
        counts: `(labelled, unlabelled)` of the whole data set that these are
            drawn from; `None` where it was not read to its end.
        rows: Their places in it, `(n,)`; `None` where these are all.
    """

    x: np.ndarray
    y: np.ndarray
    counts: tuple | None = None
    rows: np.ndarray | None = None

    @property
    def labelled(self):
        """Mask of those that have a label."""
        return self.y != UNLABELLED

    def row(self, number):
        """Returns an example's place in the whole data set."""
        return int(number if self.rows is None else self.rows[number])

    def take(self, rows):
        """Returns some of the examples."""
        return Examples(self.x[rows], self.y[rows])


def read(data, what, limit):
    """Draws at most `limit` examples at random, always the same ones.

    A dataset is read to its end, or up to 100,000 examples: it may be
    endless.

    Args:
        data: `(x, y)`, `x` alone, or a batched `tf.data.Dataset` of either.
            Labels are class numbers, -1 where there is none, or one-hot.
        what: How messages name it.
        limit: Number of examples.

    Returns:
        `Examples`.

    Raises:
        InputError: If it is something else, or there is no example.
    """
    if hasattr(data, "as_numpy_iterator"):
        return _from_dataset(data, what, limit)
    x, y = _arrays(data, what)
    counts, rows = _counts(y), None
    if len(x) > limit:
        rows = np.sort(np.random.default_rng(0).permutation(len(x))[:limit])
        x, y = x[rows], y[rows]
    return _examples(x, y, counts, rows)


def _counts(y):
    labelled = int((y != UNLABELLED).sum())
    return labelled, len(y) - labelled


def _examples(x, y, counts, rows):
    x = x.astype(np.float32) if x.dtype.kind == "f" else x
    return Examples(x, y, counts, rows)


def _arrays(data, what):
    """Returns examples and class numbers of arrays, or of a batch."""
    x, y = _split(data, what)
    if x.ndim < 2 or not len(x) or x.dtype.kind not in "fiub":
        raise InputError(
            f"{what} must hold numbers of shape (examples, ...), at least one "
            f"example, received shape {x.shape} of {x.dtype}. {HOW}"
        )
    y = np.full(len(x), UNLABELLED) if y is None else class_numbers(y, what)
    if len(x) != len(y):
        raise InputError(
            f"{what} must have one label an example, received {len(x)} "
            f"examples and {len(y)} labels."
        )
    return x, y


def _split(data, what):
    parts = data if isinstance(data, tuple | list) else (data,)
    if not 1 <= len(parts) <= 3 or isinstance(parts[0], dict):
        kind = type(parts[0]).__name__ if parts else "nothing"
        raise InputError(
            f"{what} must be one array of examples, with labels or without, "
            f"received {kind} as the first of {len(parts)} parts. {HOW}"
        )
    try:
        arrays = [None if part is None else np.asarray(part) for part in parts]
    except ValueError as error:
        raise InputError(
            f"{what} must hold arrays, with rows of one length: {error}. {HOW}"
        ) from error
    return arrays[0], arrays[1] if len(arrays) > 1 else None


def _from_dataset(dataset, what, limit):
    """Draws from what passes by: of each example kept, a place is drawn."""
    generator = np.random.default_rng(0)
    kept, labels, shapes, seen, ended = [], [], set(), 0, True
    for batch in dataset.as_numpy_iterator():
        if seen >= MOST:
            ended = False
            break
        first = _split(batch, what)[0]
        if first.ndim < 2:
            raise InputError(f"{what} must be batched: call .batch(64).")
        if not len(first):
            continue
        x, y = _arrays(batch, what)
        shapes.add(x.shape[1:])
        _keep(kept, x, y, seen, limit, generator)
        labels.append(y)
        seen += len(y)
    if not kept:
        raise InputError(f"{what} must have at least one batch, it has none.")
    if len(shapes) > 1:
        raise InputError(
            f"{what} must hold examples of one shape, received "
            f"{', '.join(map(str, sorted(shapes)))}. Pad or resize them."
        )
    rows, xs, ys = zip(*sorted(kept, key=lambda example: example[0]))
    counts = _counts(np.concatenate(labels)) if ended else None
    return _examples(np.stack(xs), np.array(ys), counts, np.array(rows))


def _keep(kept, xs, ys, seen, limit, generator):
    """Updates a sample of all examples that were seen, the batch included."""
    for number, (x, y) in enumerate(zip(xs, ys), start=seen):
        place = number
        if number >= limit:
            place = int(generator.integers(number + 1))
        if place < limit:
            # A copy: a view would hold the whole batch in memory.
            kept[place : place + 1] = [(number, x.copy(), y)]


def class_numbers(y, what):
    """Returns labels as int64 `(n,)`; a one-hot row of zeros has none.

    Smoothed rows count as one-hot: the class is the largest.

    Raises:
        InputError: If they are neither class numbers nor one-hot.
    """
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    numeric = y.dtype.kind in "fiub" and np.isfinite(y).all()
    if numeric and y.ndim == 2:
        sums = y.sum(axis=1, dtype=np.float64)
        known = sums > 0
        many = np.flatnonzero(known & (np.abs(sums - 1) > 0.01))
        if len(many):
            raise InputError(
                f"The labels of {what} must have one class an example, row "
                f"{many[0]} sums up to {sums[many[0]]:g}. Diagnose a "
                "classifier of one class an example, not of several."
            )
        return np.where(known, y.argmax(axis=1), UNLABELLED).astype(np.int64)
    if not numeric or y.ndim != 1 or (y != np.round(y)).any():
        raise InputError(
            f"The labels of {what} must be class numbers (examples,) or "
            f"one-hot rows, received shape {y.shape} of {y.dtype}. For "
            "unlabelled examples pass x alone, or the label -1."
        )
    return np.maximum(y.astype(np.int64), UNLABELLED)
