"""The `training` dict of recipes that train: keys, defaults and bounds."""

import math

from tfkd.errors import InputError
from tfkd.errors import unknown

# Name to (default, lowest, highest, lowest is allowed).
_NUMBERS = {
    "learning_rate": (1e-3, 0, math.inf, False),
    "sparsity": (0.5, 0, 1, False),
    "task_weight": (0.1, 0, math.inf, True),
    "temperature": (4.0, 0, math.inf, False),
    "weight": (0.9, 0, math.inf, True),
}
_WHOLE = {
    "batch_size": (64, 1),
    "clusters": (16, 3),
    "epochs": (15, 1),
}
DEFAULTS = {
    name: default[0] for name, default in sorted((_NUMBERS | _WHOLE).items())
}


def complete(training=None):
    """Checks a `training` dict and fills in what it leaves out.

    Args:
        training: `epochs` of each step (pruning, clustering and quantization
            are a step each), `batch_size`, `learning_rate` (peak; goes down
            to 1 % along a cosine), `temperature` T, `weight` of the
            teacher's softened answers, `task_weight` of the labels,
            `sparsity` (share of zeros in a pruned kernel), `clusters`
            (values in a clustered kernel).

    Returns:
        A new dict with every key.

    Raises:
        InputError: If a key is unknown or a value out of bounds.
    """
    training = dict(training or {})
    for key in training:
        if key not in DEFAULTS:
            raise unknown("setting of compression.training", key, DEFAULTS)
    result = {**DEFAULTS, **training}
    for key, (_, lowest) in _WHOLE.items():
        value = result[key]
        if type(value) is not int or value < lowest:
            raise InputError(
                f"compression.training[{key!r}] must be a whole number of at "
                f"least {lowest}, received {value!r}."
            )
    for key, (_, lowest, highest, inclusive) in _NUMBERS.items():
        result[key] = _number(key, result[key], lowest, highest, inclusive)
    if not result["weight"] + result["task_weight"] > 0:
        raise InputError(
            "compression.training must give the teacher ('weight') or the "
            "labels ('task_weight') a weight above 0, received 0 for both."
        )
    return result


def _number(key, value, lowest, highest, inclusive):
    good = isinstance(value, int | float) and not isinstance(value, bool)
    # `not >`: NaN must fail as well.
    above = good and (value >= lowest if inclusive else value > lowest)
    if not above or not value < highest:
        bound = "from" if inclusive else "above"
        limit = "" if highest == math.inf else f" and below {highest:g}"
        raise InputError(
            f"compression.training[{key!r}] must be a finite number {bound} "
            f"{lowest:g}{limit}, received {value!r}."
        )
    return float(value)
