"""Whether two layers tell the same examples apart in the same way."""

import numpy as np

from tfkd.errors import InputError

# Fewer examples leave the unbiased estimate undefined.
LEAST = 4
COLUMNS = 4096


def linear_cka(first, second, *, debiased=True):
    """Returns the linear centred kernel alignment of two layers.

    Equation:  CKA = HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)), K = X X^T,
               L = Y Y^T. With the biased estimate of HSIC that is, of
               centred features, ||Y^T X||_F^2 / (||X^T X||_F ||Y^T Y||_F).
    Symbols:   X, Y (examples, features), maps flattened. 1 where one is the
               other up to rotation and scale.
    Paper:     Kornblith et al., *Similarity of Neural Network
               Representations Revisited*, ICML 2019, arXiv:1905.00414; the
               unbiased HSIC: Song et al., JMLR 13, 2012.

    The biased estimate tends to 1 where features outnumber examples, even of
    layers that have nothing in common. The unbiased one does not; around
    zero it may be negative.

    Args:
        first: Array `(examples, ...)`.
        second: Array of as many examples.
        debiased: Whether HSIC is estimated without bias.

    Returns:
        A float, NaN where a layer answers every example alike.

    Raises:
        InputError: If the numbers of examples differ, there are fewer than
            4, or a value is not finite.
    """
    return float(cka_matrix([first], [second], debiased=debiased)[0, 0])


def cka_matrix(firsts, seconds, *, debiased=True):
    """Returns `linear_cka` of all pairs, one row an array of `firsts`.

    Args:
        firsts: Arrays `(examples, ...)`; any iterable, read one by one.
        seconds: Likewise.
        debiased: See `linear_cka`.
    """
    rows = [centred_gram(array, debiased=debiased) for array in firsts]
    columns = [centred_gram(array, debiased=debiased) for array in seconds]
    return alignment(rows, columns)


def alignment(firsts, seconds):
    """Returns the cosines of all pairs of Gram matrices.

    Args:
        firsts: Results of `centred_gram`.
        seconds: Likewise, of the same examples.
    """
    sizes = {gram.shape for gram in (*firsts, *seconds)}
    if len(sizes) > 1:
        raise InputError(
            "Layers are compared on the same examples, received "
            f"{sorted(size[0] for size in sizes)} of them."
        )
    rows = np.stack([gram.ravel() for gram in firsts])
    columns = np.stack([gram.ravel() for gram in seconds])
    return rows @ columns.T


def centred_gram(features, *, debiased=True):
    """Returns the centred Gram matrix of a layer, of Frobenius norm 1.

    The inner product of two of them is their CKA. Without bias, entries are
    centred as in Szekely and Rizzo, *Partial distance correlation*, 2014,
    whose inner product is Song's HSIC.

    Args:
        features: Array `(examples, ...)`.
        debiased: See `linear_cka`.

    Returns:
        float64 `(examples, examples)`, all NaN where the layer answers every
        example alike.
    """
    flat = np.asarray(features).reshape(len(features), -1)
    count = len(flat)
    if count < LEAST:
        raise InputError(
            f"CKA needs at least {LEAST} examples, received {count}."
        )
    gram = _gram(flat)
    if gram is None:
        return np.full((count, count), np.nan)
    if debiased:
        np.fill_diagonal(gram, 0.0)
        sums = gram.sum(axis=1) / (count - 2)
        gram -= sums[:, None] + sums[None, :]
        gram += sums.sum() / (count - 1)
        np.fill_diagonal(gram, 0.0)
    norm = np.linalg.norm(gram)
    return gram / norm if norm > 0 else np.full_like(gram, np.nan)


def _gram(flat):
    """X X^T of centred columns scaled to at most 1; `None` if all are zero."""
    largest = np.abs(flat).max(initial=0.0)
    if not np.isfinite(largest):
        raise InputError(
            "CKA needs finite features, received NaN or infinity. Check the "
            "model's weights."
        )
    gram, spread = np.zeros((len(flat), len(flat))), 0.0
    for start in range(0, flat.shape[1], COLUMNS):
        part = flat[:, start : start + COLUMNS].astype(np.float64)
        part = part / (largest or 1.0)
        part -= part.mean(axis=0)
        spread = max(spread, np.abs(part).max())
        gram += part @ part.T
    # Below it is what float32 leaves of equal numbers.
    return gram if spread > 1e-6 else None
