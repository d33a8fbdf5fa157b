"""Whether two layers find the same examples unlike each other."""

import numpy as np

from tfkd.errors import InputError


def dissimilarities(features):
    """Returns one number a pair of examples, 1 minus their correlation.

    Equation:  d_ij = 1 - corr(f_i, f_j), i < j
    Symbols:   f (examples, ...) a layer's answers, flattened; corr Pearson's
               over features. 0 is alike, 2 is opposite; examples that are
               answered with one number everywhere correlate with none.
    Paper:     Kriegeskorte, Mur & Bandettini, *Representational Similarity
               Analysis*, Frontiers in Systems Neuroscience 2, 2008.

    Args:
        features: Array `(examples, ...)`, at least three.

    Returns:
        Array of the upper triangle of the matrix, row by row.

    Raises:
        InputError: If there are fewer than three examples, or a value is
            not finite.
    """
    x = np.asarray(features, "float64").reshape(len(features), -1)
    if len(x) < 3 or not np.all(np.isfinite(x)):
        raise InputError(
            "Representations are compared on at least three examples, with "
            f"finite values; received an array of shape {x.shape}"
            f"{'' if np.all(np.isfinite(x)) else ' with others'}."
        )
    unit = _unit(x)
    return 1.0 - (unit @ unit.T)[np.triu_indices(len(x), k=1)]


def similarity(first, second):
    """Returns the correlation of two layers' dissimilarities, -1 to 1.

    Args:
        first: Array `(examples, ...)`.
        second: Of the same examples.

    Returns:
        A float; 0 where a layer answers all examples alike.

    Raises:
        InputError: See `dissimilarities`; or if the numbers of examples
            differ.
    """
    if len(first) != len(second):
        raise InputError(
            "Two layers are compared on the same examples, received "
            f"{len(first)} and {len(second)}."
        )
    # Examples that are answered alike differ by rounding alone.
    pair = [np.round(dissimilarities(x), 12) for x in (first, second)]
    pair = _unit(np.stack(pair))
    return float(pair[0] @ pair[1])


def _unit(x):
    """Centres rows, and makes them of length one; constant ones zero."""
    size = np.linalg.norm(x, axis=1, keepdims=True)
    x = x - x.mean(axis=1, keepdims=True)
    length = np.linalg.norm(x, axis=1, keepdims=True)
    # What rounding leaves of equal numbers is no difference.
    varied = length > 1e-12 * size
    return np.where(varied, x, 0.0) / np.where(varied, length, 1.0)
