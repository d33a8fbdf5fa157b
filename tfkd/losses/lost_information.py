"""How much of a tap its transform loses: the survey's "lost knowledge"."""

import keras
import numpy as np

from tfkd.errors import InputError
from tfkd.taps import Extractor

_BATCH = 256
# Of the mean eigenvalue of a kernel: what the decoder's weights cost.
_PENALTIES = np.logspace(-12, 1, 14)
# Of Gaussian kernels, in units of the spread of the transform.
_WIDTHS = (0.3, 1.5)
_FEWEST = 20


def lost_information(model, tap, transform, data, *, variance=0.99, seed=0):
    """Returns the share of a tap that cannot be recovered from a transform.

    A decoder from the transform to the tap is fitted on half of the data and
    scored on the other half: 0 where the tap is recovered, 1 where the
    decoder knows no more than the tap's mean.

    Equation:  lost = sum_i ||Y_i - g(X_i)||^2 / sum_i ||Y_i - m||^2
    Symbols:   i the examples of the second half; Y the tap, flattened and
               projected on the principal components that hold `variance` of
               the first half; X the transform, flattened; m mean of the first
               half; g kernel ridge regression, with that of a linear and two
               Gaussian kernels, and the penalty, that are best on a fifth
               of the first half.
    Survey:    Sec 4.2.1, Table 2, column "Lost knowledge".

    Ridge regression has one optimum, so that a result can be repeated, and
    in its dual form costs the same for any width of a tap. A linear decoder
    alone would call knowledge lost that a norm or a square only hides, hence
    the Gaussian kernels. The components keep examples apart that are fewer
    than features: the linear decoder of the tap itself is then exact, and
    the identity loses nothing. All of it bounds the loss from above: a larger
    decoder, or more data, may recover more.

    Args:
        model: Functional or built Sequential model, or a frozen teacher.
        tap: Name of the tap, or a tuple of names; the transform is then
            called with a list of tensors, and all of them are to be
            recovered.
        transform: Called with the tap of all data at once, as with a batch;
            or the name of another tap that is read in its place.
        data: Inputs of the model, at least 20.
        variance: Share of the first half's variance that is to be recovered,
            in (0, 1].
        seed: Whole number behind the halves.

    Returns:
        A dict of shares in [0, 1]: `"total"`; and of one tap with positions,
        `(batch, ..., channels)`, also `"positions"`, of the mean over
        channels at each position, and `"channels"`, of the mean over
        positions in each channel.

    Raises:
        InputError: If a tap does not exist, there is too little data, or an
            argument is out of range.
    """
    if not 0 < variance <= 1:
        raise InputError(
            f"variance must be in (0, 1], received {variance!r}. A usual "
            "value is 0.99."
        )
    names = (tap,) if isinstance(tap, str) else tuple(tap)
    read = (transform,) if isinstance(transform, str) else ()
    found = _read(getattr(model, "model", model), (*names, *read), data)
    tensors = [found[name] for name in names]
    if read:
        features = found[transform]
    else:
        features = transform(tensors[0] if len(tensors) == 1 else tensors)
    features = _flat(keras.ops.convert_to_numpy(features))
    count = len(tensors[0])
    if count < _FEWEST or len(features) != count:
        raise InputError(
            f"A decoder needs at least {_FEWEST} examples and one result of "
            f"the transform for each, received {count} examples and "
            f"{len(features)} results."
        )
    order = np.random.default_rng(seed).permutation(count)
    decoder = _Decoder(features, order[: count // 2], order[count // 2 :])
    targets = {"total": np.concatenate([_flat(t) for t in tensors], axis=1)}
    if len(tensors) == 1 and tensors[0].ndim > 2:
        targets["positions"] = _flat(tensors[0].mean(axis=-1))
        axes = tuple(range(1, tensors[0].ndim - 1))
        targets["channels"] = tensors[0].mean(axis=axes)
    return {
        name: decoder.lost(target, variance) for name, target in targets.items()
    }


def _read(model, names, data):
    """Taps of all inputs, read in batches, in float64."""
    extractor = Extractor(model, names)
    data = np.asarray(data)
    batches = [
        extractor(data[start : start + _BATCH], training=False)
        for start in range(0, len(data), _BATCH)
    ]
    return {
        name: np.concatenate(
            [keras.ops.convert_to_numpy(batch[name]) for batch in batches]
        )
        for name in extractor.taps
    }


def _flat(x):
    return np.asarray(x, "float64").reshape(len(x), -1)


class _Decoder:
    """Ridge regressions from a transform to any target, fitted on a half.

    What depends on the transform alone is computed once.
    """

    def __init__(self, features, first, second):
        self.features = features
        self.first = first
        self.second = second
        # The fifth that chooses is not fitted on.
        cut = max(1, len(first) // 5)
        self.chosen, self.fitted = first[:cut], first[cut:]
        self.kernels = (_linear, *map(_gaussian, _WIDTHS))
        self.trials = [
            self._solved(kernel, self.fitted, self.chosen)
            for kernel in self.kernels
        ]
        self.finals = {}

    def lost(self, target, variance):
        """Returns the share of a target that is not recovered."""
        mean = target[self.first].mean(axis=0)
        basis = _components(target[self.first] - mean, variance)
        target = (target - mean) @ basis
        total = np.sum(target[self.second] ** 2)
        if total == 0:
            return 0.0  # There was nothing to lose.
        errors = [
            _errors(trial, target[self.fitted], target[self.chosen], _PENALTIES)
            for trial in self.trials
        ]
        kernel, place = np.unravel_index(np.argmin(errors), np.shape(errors))
        if kernel not in self.finals:
            self.finals[kernel] = self._solved(
                self.kernels[kernel], self.first, self.second
            )
        (error,) = _errors(
            self.finals[kernel],
            target[self.first],
            target[self.second],
            [_PENALTIES[place]],
        )
        return float(np.clip(error / total, 0.0, 1.0))

    def _solved(self, kernel, fitted, scored):
        """Eigenvalues and -vectors of a kernel, and the scored rows there."""
        own, cross = kernel(self.features[fitted], self.features[scored])
        values, vectors = np.linalg.eigh(own)
        return np.maximum(values, 0.0), vectors, cross @ vectors


def _components(centred, variance):
    """Orthonormal columns that hold a share of the variance."""
    _, sizes, basis = np.linalg.svd(centred, full_matrices=False)
    held = np.cumsum(sizes**2)
    kept = 1 + int(np.searchsorted(held, variance * held[-1] * (1 - 1e-12)))
    return basis[:kept].T


def _errors(solved, fitted, scored, penalties):
    """Squared error on the scored rows of a target, for every penalty."""
    values, vectors, cross = solved
    mean = fitted.mean(axis=0)
    rotated = vectors.T @ (fitted - mean)
    scale = values.mean() or 1.0
    result = []
    for penalty in penalties:
        weights = rotated / (values + penalty * scale)[:, None]
        result.append(np.sum((scored - mean - cross @ weights) ** 2))
    return result


def _centred(fitted, scored):
    """Rows less their mean, over their mean length."""
    mean = fitted.mean(axis=0)
    fitted, scored = fitted - mean, scored - mean
    size = np.sqrt(np.mean(np.sum(fitted**2, axis=1)))
    size = size if size > 0 else 1.0
    return fitted / size, scored / size


def _linear(fitted, scored):
    fitted, scored = _centred(fitted, scored)
    return fitted @ fitted.T, scored @ fitted.T


def _gaussian(width):
    """A kernel exp(-d^2 / (2 w^2)); the mean d^2 of two rows is 2."""

    def kernels(fitted, scored):
        fitted, scored = _centred(fitted, scored)
        squares = np.sum(fitted**2, axis=1)

        def kernel(rows):
            distances = np.sum(rows**2, axis=1)[:, None] + squares[None]
            distances = np.maximum(distances - 2.0 * rows @ fitted.T, 0.0)
            return np.exp(-distances / (2.0 * width**2))

        return kernel(fitted), kernel(scored)

    return kernels
