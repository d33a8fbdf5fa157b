"""Bounds that a model must keep to be blessed: how they are checked.

Which there are: `tfkd.metrics.quality_gates` for a model's answers,
`tfkd.metrics.infra_gates` for the file that is to run on a phone.
"""

import dataclasses
import math

from tfkd.errors import InputError
from tfkd.errors import unknown

# Accuracies are counts over counts: 0.98 - 0.97 must pass a bound of 0.01.
_TOLERANCE = 1e-9
NO_BOUND = (
    "Not blessed: no threshold was given, so nothing says what is good "
    "enough. Set at least one."
)


@dataclasses.dataclass(frozen=True)
class Gate:
    """What all kinds of bounds have.

    Attributes:
        value: From what was measured to the number, or to the names of what
            there is.
        help: What usually helps when it fails.
    """

    value: object
    help: str


@dataclasses.dataclass(frozen=True)
class Number(Gate):
    """A bound on a number: `min_...` from below, `max_...` from above.

    Attributes:
        low: Lowest bound that makes sense.
        high: Highest bound that makes sense.
        unit: What a user may have meant otherwise, for error messages.
    """

    low: float = 0.0
    high: float = math.inf
    unit: str = ""

    def validate(self, name, bound):
        """Raises an `InputError` if the bound cannot be meant."""
        number = isinstance(bound, int | float) and not isinstance(bound, bool)
        if not number or not self.low <= bound <= self.high:
            raise InputError(
                f"The threshold {name!r} must be a number from {self.low:g} "
                f"to {self.high:g}, received {bound!r}. {self.unit}".strip()
            )

    def passes(self, name, value, bound):
        """Says whether the bound holds."""
        if not math.isfinite(value):
            return False
        if name.startswith("min_"):
            return value >= bound - _TOLERANCE
        return value <= bound + _TOLERANCE

    def told(self, name, value, bound):
        """Writes value and bound as one clause."""
        return f"{name} is {value:.6g}, the bound is {bound:g}"


class Nothing(Gate):
    """A demand that there be nothing of a kind; the bound is `True`."""

    def validate(self, name, bound):
        """Raises an `InputError` if the bound cannot be meant."""
        if bound is not True:
            raise InputError(
                f"The threshold {name!r} must be True, received {bound!r}. "
                "Leave it out where it is not asked for."
            )

    def passes(self, name, value, bound):
        """Says whether the bound holds."""
        return not value

    def told(self, name, value, bound):
        """Writes value and bound as one clause."""
        return f"{name} is asked for, and there is {', '.join(value)}"


class Among(Gate):
    """A list of all that is allowed; the bound is a list of names."""

    def validate(self, name, bound):
        """Raises an `InputError` if the bound cannot be meant."""
        good = isinstance(bound, list | tuple) and bound
        if not good or not all(isinstance(item, str) for item in bound):
            raise InputError(
                f"The threshold {name!r} must list what is allowed, such as "
                f"('CONV_2D', 'SOFTMAX'), received {bound!r}."
            )

    def passes(self, name, value, bound):
        """Says whether the bound holds."""
        return set(value) <= set(bound)

    def told(self, name, value, bound):
        """Writes value and bound as one clause."""
        excess = sorted(set(value) - set(bound))
        return f"{name} does not list {', '.join(excess)}"


def validate(gates, thresholds):
    """Refuses thresholds that cannot be meant.

    Args:
        gates: Name to gate.
        thresholds: Name to bound.

    Raises:
        InputError: If a name is unknown, or a bound makes no sense.
    """
    for name, bound in thresholds.items():
        if name not in gates:
            raise unknown(
                "threshold", name, gates, f"All: {', '.join(sorted(gates))}."
            )
        gates[name].validate(name, bound)


def check(gates, thresholds, measured):
    """Compares what was measured with the bounds.

    Args:
        gates: Name to gate.
        thresholds: Name to bound, as `validate` allows.
        measured: What the gates' `value` takes.

    Returns:
        One dict for each bound: `name`, `bound`, `value`, `passed`, `told`,
        `help`.

    Raises:
        InputError: If a bound needs what was not measured.
    """
    checks = []
    for name, bound in sorted(thresholds.items()):
        gate = gates[name]
        try:
            value = gate.value(measured)
            passed = gate.passes(name, value, bound)
        except (KeyError, TypeError) as error:
            raise InputError(
                f"The threshold {name!r} needs metrics that were not measured "
                f"({error}); there are: {', '.join(sorted(measured))}. Export "
                "that variant, or leave the threshold out."
            ) from error
        checks.append(
            {
                "bound": bound,
                "help": gate.help,
                "name": name,
                "passed": bool(passed),
                "told": gate.told(name, value, bound),
                "value": value,
            }
        )
    return checks


def blessed(checks):
    """Returns whether there is a check, and all have passed."""
    return bool(checks) and all(entry["passed"] for entry in checks)


def message(checks):
    """Returns one sentence on the outcome, with what helps."""
    if not checks:
        return NO_BOUND
    failed = [entry for entry in checks if not entry["passed"]]
    if not failed:
        return f"Blessed: {len(checks)} of {len(checks)} checks passed."
    parts = [f"{entry['told']}. {entry['help']}" for entry in failed]
    return f"Not blessed: {' '.join(parts)}"
