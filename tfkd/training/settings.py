"""The `train` dict of a config: its keys, defaults and bounds."""

from tfkd.errors import InputError
from tfkd.errors import unknown

DEFAULTS = {
    "batch_size": 64,
    "learning_rate": 3e-3,
    "optimizer": "adamw",
    "weight_decay": 1e-4,
    "schedule": "cosine",
    "precision": "float32",
}
OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")
SCHEDULES = ("constant", "cosine", "steps")
# What a model computes in; weights, and models that are saved, are float32.
PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")


def complete(train, epochs=None):
    """Checks a `train` dict and fills in what it leaves out.

    Args:
        train: Keys `epochs` (whole passes), `batch_size` (examples),
            `learning_rate` (peak), `optimizer`, `weight_decay`, `schedule`,
            `precision`.
        epochs: Value of an absent `epochs`; `None` makes it required. 0 is
            allowed only where this is 0.

    Returns:
        A new dict with every key.

    Raises:
        InputError: If a key is unknown or a value is out of bounds.
    """
    train = dict(train or {})
    known = ("epochs", *DEFAULTS)
    for key in train:
        if key not in known:
            raise unknown("training setting", key, known)
    if epochs is not None:
        train.setdefault("epochs", epochs)
    elif "epochs" not in train:
        raise InputError(
            "train must hold 'epochs', the number of passes over the data; "
            f"received only {sorted(train)}. Add for example epochs=60."
        )
    settings = {"epochs": train["epochs"], **DEFAULTS, **train}
    _whole(settings, "epochs", 0 if epochs == 0 else 1)
    _whole(settings, "batch_size", 1)
    _number(settings, "learning_rate", positive=True)
    _number(settings, "weight_decay", positive=False)
    if settings["optimizer"] not in OPTIMIZERS:
        raise unknown("optimizer", settings["optimizer"], OPTIMIZERS)
    if settings["schedule"] not in SCHEDULES:
        raise unknown("schedule", settings["schedule"], SCHEDULES)
    if settings["precision"] not in PRECISIONS:
        raise unknown("precision", settings["precision"], PRECISIONS)
    return settings


def check_seed(seed):
    """Raises `InputError` unless all generators take a seed."""
    if not 0 <= seed < 2**32:
        raise InputError(
            "seed must be a whole number from 0 to 4294967295, received "
            f"{seed!r}. For example 0."
        )


def subset_bounds(subset):
    """Checks `subset=(low, high)` and returns it as two floats.

    Raises:
        InputError: Unless `0 <= low < high <= 1`.
    """
    values = list(subset)
    good = len(values) == 2 and all(
        isinstance(v, int | float) and not isinstance(v, bool) for v in values
    )
    if not (good and 0 <= values[0] < values[1] <= 1):
        raise InputError(
            "subset must be two fractions (low, high) of the training split "
            f"with 0 <= low < high <= 1, received {subset!r}. Use "
            "(0.0, 1.0) for all of it."
        )
    return float(values[0]), float(values[1])


def _whole(settings, key, least):
    value = settings[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(
            f"train[{key!r}] must be a whole number of at least {least}, "
            f"received {value!r}."
        )


def _number(settings, key, positive):
    value = settings[key]
    good = isinstance(value, int | float) and not isinstance(value, bool)
    # NaN is not inside either.
    inside = good and (value > 0 if positive else value >= 0)
    if not inside or value == float("inf"):
        bound = "above 0" if positive else "of at least 0"
        raise InputError(
            f"train[{key!r}] must be a finite number {bound}, received "
            f"{value!r}."
        )
    settings[key] = float(value)
