"""The examples that a diagnosis looks at, as arrays."""

import dataclasses

import numpy as np

from tfkd.errors import InputError

UNLABELLED = -1
HOW = (
    "Pass (x, y) arrays, or a batched tf.data.Dataset that yields x or (x, y)."
)


@dataclasses.dataclass(frozen=True)
class Examples:
    """Some examples and what is known of their labels.

    Attributes:
        x: What the models take, shape `(n, ...)`.
        y: int64 class numbers `(n,)`, -1 where there is none.
    """

    x: np.ndarray
    y: np.ndarray

    @property
    def labelled(self):
        """Mask of those that have a label."""
        return self.y != UNLABELLED

    def take(self, rows):
        """Returns some of the examples."""
        return Examples(self.x[rows], self.y[rows])


def read(data, what, limit):
    """Reads at most `limit` examples.

    Of arrays they are drawn at random, always the same; a dataset is read
    from its beginning.

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
        data = _from_dataset(data, what, limit)
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
    if len(x) > limit:
        chosen = np.random.default_rng(0).permutation(len(x))[:limit]
        x, y = x[np.sort(chosen)], y[np.sort(chosen)]
    return Examples(x.astype(np.float32) if x.dtype.kind == "f" else x, y)


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
    batches, count = [], 0
    for batch in dataset.as_numpy_iterator():
        batches.append(_split(batch, what))
        if batches[-1][0].ndim < 2:
            raise InputError(f"{what} must be batched: call .batch(64).")
        count += len(batches[-1][0])
        if count >= limit:
            break
    if not batches:
        raise InputError(f"{what} must have at least one batch, it has none.")
    xs, ys = zip(*batches)
    if len({x.shape[1:] for x in xs}) > 1:
        raise InputError(
            f"{what} must hold examples of one shape, received "
            f"{', '.join(map(str, sorted({x.shape[1:] for x in xs})))}. Pad "
            "or resize them."
        )
    y = None if ys[0] is None else np.concatenate(ys)[:limit]
    return np.concatenate(xs)[:limit], y


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
