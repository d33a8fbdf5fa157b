"""Takes the numbers of a diagnosis."""

import math
import numbers

import numpy as np

from tfkd import metrics
from tfkd.errors import InputError
from tfkd.metrics import softening
from tfkd.report.diagnosis import examples as examples_lib
from tfkd.report.diagnosis import gradients
from tfkd.report.diagnosis import outputs
from tfkd.report.diagnosis import similarity
from tfkd.report.diagnosis.measurements import Conflict
from tfkd.report.diagnosis.measurements import Difference
from tfkd.report.diagnosis.measurements import Measurements
from tfkd.report.diagnosis.measurements import ModelFacts
from tfkd.report.diagnosis.measurements import Softening

LIMIT = 2000
CKA_EXAMPLES = 512
CURVE = (1, 1.5, 2, 3, 4, 6, 8, 10, 14, 20)
# A disagreement with the label is a conflict from this confidence on.
CONFIDENT = 0.9
SHOWN = 12


def measure(
    teacher, student, data, *, train, control, class_names, temperature
):
    """Returns the `Measurements`; see `tfkd.report.diagnose`."""
    if (
        not isinstance(temperature, numbers.Real)
        or isinstance(temperature, bool)
        or not 0 < temperature < math.inf
    ):
        raise InputError(
            "temperature must be a finite number above 0, received "
            f"{temperature!r}. Pass the one that the student learns with."
        )
    models = {
        role: outputs.unwrapped(model)
        for role, model in (
            ("teacher", teacher),
            ("control", control),
            ("student", student),
        )
        if model is not None
    }
    found = examples_lib.read(data, "data", LIMIT)
    seen = None if train is None else examples_lib.read(train, "train", LIMIT)
    logits = _answers(models, found)
    seen_logits = None if seen is None else _answers(models, seen)
    classes = logits["teacher"].shape[1]
    names = _names(class_names, classes)
    for part, what in ((found, "data"), (seen, "train")):
        _check_labels(part, what, classes)
    counts = (None, None) if seen is None else seen.counts or (None, None)
    notes = []
    conflicts, share = _conflicts(found, logits["teacher"])
    return Measurements(
        examples=len(found.x),
        labelled=int(found.labelled.sum()),
        train_labelled=counts[0],
        train_unlabelled=counts[1],
        train_examples=None if seen is None else len(seen.x),
        class_names=names,
        chance=_chance(found.y[found.labelled]),
        temperature=float(temperature),
        models={
            role: _facts(role, model, found, logits, seen, seen_logits)
            for role, model in models.items()
        },
        lead=_lead(found, logits),
        gain=_difference(found, logits, "student", "control"),
        classes=_by_class(found, logits),
        softening=_softening(found, logits, seen, seen_logits, temperature),
        similarity=_similarity(models, found, logits, notes),
        gradients=_gradients(
            models,
            found if seen is None or not seen.labelled.any() else seen,
            temperature,
            notes,
        ),
        conflicts=conflicts,
        conflict_share=share,
        notes=(*_missing(found, seen, models, logits), *notes),
    )


def _answers(models, found):
    logits = {
        role: outputs.logits_of(model, found.x, role)
        for role, model in models.items()
    }
    counts = {role: values.shape[1] for role, values in logits.items()}
    if len(set(counts.values())) > 1 or min(counts.values()) < 2:
        told = ", ".join(f"{role} {count}" for role, count in counts.items())
        raise InputError(
            "All models must score the same classes, two or more, received "
            f"numbers of classes: {told}. Give them the same last layer; "
            "where it has one unit with a sigmoid, one with two units."
        )
    return logits


def _names(given, classes):
    names = tuple(map(str, range(classes) if given is None else given))
    if len(names) != classes:
        raise InputError(
            f"class_names must name each of the {classes} classes, received "
            f"{len(names)} names."
        )
    return names


def _check_labels(part, what, classes):
    if part is not None and part.y.max() >= classes:
        raise InputError(
            f"The labels of {what} must be in [0, {classes - 1}], the classes "
            f"that the models score; received {part.y.max()}."
        )


def _chance(labels):
    """See `Measurements.chance`."""
    if not len(labels):
        return None
    share = np.bincount(labels).max() / len(labels)
    chance = float(share + 2 * np.sqrt(share * (1 - share) / len(labels)))
    return chance if chance < 1 else None


def _finite(logits):
    return np.isfinite(logits).all(axis=1)


def _facts(role, model, found, logits, seen, seen_logits):
    own, finite = logits[role], _finite(logits[role])
    values = {
        "parameters": int(sum(np.prod(w.shape) for w in model.weights)),
        "not_finite": int((~finite).sum()),
        "agreement": _agreement(logits, role),
    }
    if seen is not None:
        values["train_accuracy"] = _accuracy(seen, seen_logits[role])
        values["train_agreement"] = _agreement(seen_logits, role)
    known = finite & found.labelled
    if finite.any():
        probabilities = np.exp(softening.log_probabilities(own[finite]))
        values["confidence"] = float(probabilities.max(axis=1).mean())
    if known.any():
        labels = found.y[known]
        probabilities = np.exp(softening.log_probabilities(own[known]))
        right = metrics.correct(probabilities, labels)
        values |= {
            "accuracy": float(right.mean()),
            "interval": metrics.bootstrap_interval(right),
            # Of the labelled alone: it is compared with the accuracy.
            "confidence": float(probabilities.max(axis=1).mean()),
            "ece": metrics.expected_calibration_error(probabilities, labels),
            "nll": metrics.nll(probabilities, labels),
            "reliability": metrics.reliability(probabilities, labels),
        }
    return ModelFacts(**values)


def _accuracy(found, logits):
    known = _finite(logits) & found.labelled
    if not known.any():
        return None
    return metrics.accuracy(logits[known], found.y[known])


def _agreement(logits, role):
    both = _finite(logits["teacher"]) & _finite(logits[role])
    if role == "teacher" or not both.any():
        return None
    return metrics.agreement(logits["teacher"][both], logits[role][both])


def _difference(found, logits, first, second):
    if first not in logits or second not in logits:
        return None
    known = found.labelled & _finite(logits[first]) & _finite(logits[second])
    if not known.any():
        return None
    right = [
        metrics.correct(logits[role][known], found.y[known]).astype(int)
        for role in (first, second)
    ]
    change = right[0] - right[1]
    low, high = metrics.bootstrap_interval(change)
    discordant = int(np.count_nonzero(change))
    return Difference(second, float(change.mean()), low, high, discordant)


def _lead(found, logits):
    other = "control" if "control" in logits else "student"
    return _difference(found, logits, "teacher", other)


def _by_class(found, logits):
    base = "control" if "control" in logits else "teacher"
    known = found.labelled & _finite(logits["student"]) & _finite(logits[base])
    if not known.any():
        return ()
    labels = found.y[known]
    change = metrics.correct(logits["student"][known], labels).astype(int)
    change -= metrics.correct(logits[base][known], labels)
    return tuple(
        (int(number), int(inside.sum()), float(change[inside].mean()))
        for number in np.unique(labels)
        for inside in [labels == number]
    )


def _softening(found, logits, seen, seen_logits, temperature):
    where = "examples" if seen is None else "training examples"
    values = (logits if seen is None else seen_logits)["teacher"]
    values = values[_finite(values)]
    own = logits["teacher"]
    known = _finite(own) & found.labelled
    if not len(values):
        return None
    most = np.log(values.shape[1])
    return Softening(
        where=where,
        entropies={
            step: softening.mean_entropy(values, step) for step in CURVE
        },
        share=softening.mean_entropy(values, temperature) / most,
        suggested=_rounded(softening.temperature_of_entropy(values)),
        calibrating=_calibrating(own[known], found.y[known]),
    )


def _calibrating(logits, labels):
    """See `Softening.calibrating`."""
    if not len(labels) or metrics.correct(logits, labels).all():
        return None
    return softening.calibrating_temperature(logits, labels)


def _rounded(temperature):
    """To halves: more would claim a precision that no temperature has."""
    return max(1.0, round(2 * temperature) / 2)


def _similarity(models, found, logits, notes):
    usable = _finite(logits["teacher"]) & _finite(logits["student"])
    # Drawn: the examples may be in the order of their classes.
    rows = np.random.default_rng(0).permutation(np.flatnonzero(usable))
    rows = np.sort(rows[:CKA_EXAMPLES])
    try:
        return similarity.compare(
            models["teacher"], models["student"], found.x[rows]
        )
    except InputError as error:
        notes.append(f"CKA was not measured: {error}")
    return None


def _gradients(models, found, temperature, notes):
    labelled = found.take(found.labelled)
    if not len(labelled.y):
        return None
    try:
        return gradients.compare(
            models["teacher"], models["student"], labelled, temperature
        )
    except InputError as error:
        reason = str(error).rstrip(".")
        notes.append(f"The cosine of gradients was not measured: {reason}.")
    return None


def _conflicts(found, logits):
    """Returns the surest conflicts, and the share of examples in conflict."""
    known = np.flatnonzero(_finite(logits) & found.labelled)
    if not len(known):
        return (), None
    probabilities = np.exp(softening.log_probabilities(logits[known]))
    answers, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    apart = answers != found.y[known]
    order = np.argsort(-sure, kind="stable")
    shown = [place for place in order if apart[place]][:SHOWN]
    return (
        tuple(
            Conflict(
                found.row(known[place]),
                int(found.y[known[place]]),
                int(answers[place]),
                float(sure[place]),
                found.x[known[place]],
            )
            for place in shown
        ),
        float((apart & (sure >= CONFIDENT)).mean()),
    )


def _missing(found, seen, models, logits):
    """Yields what was not given or cannot be used, and what that costs."""
    if not found.labelled.any():
        yield (
            "The examples have no labels: accuracy, calibration, gains and "
            "conflicts were not measured."
        )
    if seen is None:
        yield (
            "No training examples were given: what models do on examples that "
            "they have seen was not measured."
        )
    elif not seen.labelled.any():
        yield (
            "The training examples that were drawn have no labels: accuracy "
            "on them was not measured."
        )
    if "control" not in models:
        yield (
            "No control was given (the same student, trained as long without "
            "a teacher): what distillation gains was not measured."
        )
    for role, values in logits.items():
        bad = int((~_finite(values)).sum())
        if bad:
            yield (
                f"The {role} gives NaN or infinity for {bad} of {len(values)} "
                "examples; its numbers are those of the others."
            )
    numbers = found.x if found.x.dtype.kind == "f" else np.zeros((1, 1))
    bad = int((~np.isfinite(numbers.reshape(len(numbers), -1))).any(1).sum())
    if bad:
        yield f"{bad} of {len(found.x)} examples hold NaN or infinity."
