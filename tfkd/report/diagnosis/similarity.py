"""Which layers of two models represent the same examples alike."""

import dataclasses
import re

import numpy as np

from tfkd.errors import InputError
from tfkd.metrics import cka

LAYERS = 16
PAIRS = 3
BATCH = 64
# Activations that are held at once; further layers take another pass.
BYTES = 2**28
_STAGE = re.compile(r"(.*/)?stage\d+")


@dataclasses.dataclass(frozen=True)
class Similarity:
    """CKA of two models' layers.

    Attributes:
        teacher_taps: Names of the teacher's layers, in graph order.
        student_taps: Likewise of the student.
        values: Debiased linear CKA `(teacher_taps, student_taps)`; NaN of a
            layer that answers every example alike.
        pairs: `(teacher tap, student tap)` to try as hints.
        examples: Number of examples.
    """

    teacher_taps: tuple
    student_taps: tuple
    values: np.ndarray
    pairs: tuple
    examples: int

    def of(self, pair):
        """Returns the CKA of a pair of taps."""
        teacher, student = pair
        return float(
            self.values[
                self.teacher_taps.index(teacher),
                self.student_taps.index(student),
            ]
        )

    def mean_of_pairs(self):
        """Returns the mean CKA of the suggested pairs, NaN without any."""
        found = [self.of(pair) for pair in self.pairs]
        return float(np.mean(found)) if found else float("nan")


def compare(teacher, student, x):
    """Returns the `Similarity` of two models on examples.

    Raises:
        InputError: If a graph is not known, a value is not finite, or there
            are too few examples or layers.
    """
    if len(x) < cka.LEAST:
        raise InputError(
            f"CKA needs at least {cka.LEAST} examples with finite answers, "
            f"received {len(x)}."
        )
    names = [layers(model) for model in (teacher, student)]
    grams = [
        _grams(model, taps, x) for model, taps in zip((teacher, student), names)
    ]
    values = cka.alignment(*grams)
    return Similarity(
        *map(tuple, names), values, suggested(*names, values), len(x)
    )


def layers(model):
    """Returns the taps that are compared, at most 16 in graph order.

    Layers with weights but normalizations, and the stages of a zoo model; of
    more than 16 the stages, and of the others evenly many.

    Raises:
        InputError: If the graph is not known or has no such layer.
    """
    import keras

    from tfkd.taps import TapGraph

    found = []
    for name, layer, _, outputs in TapGraph(model).calls():
        whole = isinstance(layer, keras.Model)
        one = isinstance(outputs, keras.KerasTensor)
        weighty = bool(getattr(layer, "weights", ()))
        if "Normalization" in type(layer).__name__ or whole or not one:
            continue
        if weighty or _STAGE.fullmatch(name):
            found.append(name)
    if not found:
        raise InputError(
            f"The model {model.name!r} has no layer with weights to compare."
        )
    stages = [name for name in found if _STAGE.fullmatch(name)]
    kept = {*_thinned(stages, LAYERS - 1), found[-1]}
    others = [name for name in found if name not in kept]
    kept |= {*_thinned(others, LAYERS - len(kept))}
    return [name for name in found if name in kept]


def _thinned(names, most):
    """Returns at most so many of the names, evenly, the last one included."""
    if len(names) <= most:
        return names
    places = np.linspace(0, len(names) - 1, most).round().astype(int)
    return [names[place] for place in places]


def _grams(model, taps, x):
    """Returns the centred Gram matrix of each tap, few taps in memory."""
    import keras

    from tfkd.taps import Extractor

    specs = Extractor(model, taps).specs
    grams, group, size = [], [], 0
    sizes = [_bytes(specs[tap], len(x)) for tap in taps]
    for tap, needed in zip(taps, sizes):
        if group and size + needed > BYTES:
            grams += _group(keras, Extractor(model, group), group, x)
            group, size = [], 0
        group.append(tap)
        size += needed
    return grams + _group(keras, Extractor(model, group), group, x)


def _bytes(spec, count):
    # An open dimension is not known before the run: a guess of 32 does.
    return 4 * count * int(np.prod([size or 32 for size in spec.shape[1:]]))


def _group(keras, extractor, taps, x):
    batches = []
    for start in range(0, len(x), BATCH):
        inputs = keras.ops.convert_to_tensor(x[start : start + BATCH])
        found = extractor(inputs, training=False)
        batches.append(
            [
                keras.ops.convert_to_numpy(found[tap]).astype(np.float32)
                for tap in taps
            ]
        )
    return [cka.centred_gram(np.concatenate(parts)) for parts in zip(*batches)]


def suggested(teacher_taps, student_taps, values):
    """Returns up to three pairs of taps, in order of depth.

    Each of the student's taps is paired with one of the teacher's so that
    the sum of CKA is the largest among all pairings in which a deeper tap
    never gets a shallower partner. Of a model with stages these alone are
    paired, of another one all layers but the last, which makes the logits. A
    tap that answers every example alike is in no pair.
    """
    rows, columns = _inner(teacher_taps), _inner(student_taps)
    if not rows or not columns:
        return ()
    part = np.nan_to_num(values[np.ix_(rows, columns)])
    chosen = _monotone(part)
    pairs = [
        (teacher_taps[rows[row]], student_taps[column])
        for row, column in zip(chosen, columns)
        if not np.isnan(values[rows[row], column])
    ]
    return tuple(_thinned(pairs, PAIRS))


def _inner(taps):
    stages = [i for i, name in enumerate(taps) if _STAGE.fullmatch(name)]
    return stages or list(range(len(taps) - 1))


def _monotone(values):
    """Returns a row a column, never falling, of the largest sum."""
    best, origins = values[:, 0], []
    for column in values.T[1:]:
        # The best way to any row up to this one.
        origin = [int(np.argmax(best[: i + 1])) for i in range(len(best))]
        origins.append(origin)
        best = best[origin] + column
    rows = [int(np.argmax(best))]
    for origin in reversed(origins):
        rows.append(origin[rows[-1]])
    return rows[::-1]
