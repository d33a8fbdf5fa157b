"""Bounds that a model must keep to be blessed.

Accuracies, gains, drops and agreement are fractions: 0.01 is one point.
"""

import dataclasses
import math

from tfkd.errors import InputError
from tfkd.errors import unknown

# Accuracies are counts over counts: 0.98 - 0.97 must pass a bound of 0.01.
_TOLERANCE = 1e-9
NO_BOUND = (
    "Not blessed: no threshold was given, so nothing says what is good "
    "enough. Set at least one in the config's evaluator thresholds."
)


@dataclasses.dataclass(frozen=True)
class Gate:
    """One bound.

    Attributes:
        low: Lowest bound that makes sense.
        high: Highest bound that makes sense.
        value: From the models' metrics to the measured value.
        help: What usually helps when it fails.
    """

    low: float
    high: float
    value: object
    help: str

    def passed(self, name, value, bound):
        """Names starting with `min_` are lower bounds, others upper ones."""
        if not math.isfinite(value):
            return False
        if name.startswith("min_"):
            return value >= bound - _TOLERANCE
        return value <= bound + _TOLERANCE


def _gain(models):
    student, control = models["student"], models["control"]
    return student["accuracy_mean"] - control["accuracy_mean"]


def _latency_ratio(models):
    integer, floating = (
        models[name]["latency_ms"]["threads_1"]["median"]
        for name in ("student_int8", "student")
    )
    return integer / floating


GATES = {
    "min_accuracy": Gate(
        low=0,
        high=1,
        value=lambda models: models["student_int8"]["accuracy"],
        help="The int8 model is not accurate enough. Train longer, give the "
        "student more parameters, or lower the bound.",
    ),
    "min_gain_over_control": Gate(
        low=-1,
        high=1,
        value=_gain,
        help="Distillation adds too little to the same student trained "
        "alone. Show the student more unlabelled images, try another "
        "temperature or method, or check that the teacher beats the control. "
        "With many labels and a small student there may be nothing to gain.",
    ),
    "max_int8_drop": Gate(
        low=-1,
        high=1,
        value=lambda models: (
            models["student"]["accuracy"] - models["student_int8"]["accuracy"]
        ),
        help="Quantization costs too much accuracy. Raise "
        "calibration_examples, use relu6 instead of relu so that ranges stay "
        "small, or train with quantization in the loop.",
    ),
    "max_bytes": Gate(
        low=1,
        high=math.inf,
        value=lambda models: models["student_int8"]["bytes"],
        help="The int8 file is too large. Use fewer filters or layers; "
        "depthwise separable convolutions need fewer weights.",
    ),
    "min_agreement": Gate(
        low=0,
        high=1,
        value=lambda models: models["student_int8"]["agreement_with_teacher"],
        help="The int8 model answers too differently from the teacher. Raise "
        "the weight of the distillation loss, or train longer.",
    ),
    "max_latency_ratio": Gate(
        low=0,
        high=math.inf,
        value=_latency_ratio,
        help="int8 is too slow beside float32 on this machine. Look for "
        "float islands and QUANTIZE operations with tfkd.export.inspect; on "
        "very small models, the conversion of input and output dominates.",
    ),
}


def validate(thresholds):
    """Refuses thresholds that cannot be meant.

    Args:
        thresholds: Name to bound.

    Raises:
        InputError: If a name is unknown, or a bound is no number in range.
    """
    for name, bound in thresholds.items():
        if name not in GATES:
            raise unknown(
                "threshold", name, GATES, f"All: {', '.join(sorted(GATES))}."
            )
        gate = GATES[name]
        number = isinstance(bound, int | float) and not isinstance(bound, bool)
        if not number or not gate.low <= bound <= gate.high:
            raise InputError(
                f"The threshold {name!r} must be a number from {gate.low:g} to"
                f" {gate.high:g}, received {bound!r}. Accuracies and their "
                "differences are fractions: write 0.01 for one point."
            )


def check(thresholds, models):
    """Compares models with the bounds.

    Args:
        thresholds: Name to bound, as `validate` allows.
        models: `teacher`, `control`, `student`, `student_int8` to metrics.

    Returns:
        One dict for each bound: `name`, `bound`, `value`, `passed`, `help`.

    Raises:
        InputError: If a bound needs a model that was not evaluated.
    """
    checks = []
    for name, bound in sorted(thresholds.items()):
        gate = GATES[name]
        try:
            value = gate.value(models)
            passed = gate.passed(name, value, bound)
        except (KeyError, TypeError) as error:
            raise InputError(
                f"The threshold {name!r} needs metrics that were not measured "
                f"({error}); there are: {', '.join(sorted(models))}. Export "
                "that variant, or leave the threshold out."
            ) from error
        checks.append(
            {
                "bound": bound,
                "help": gate.help,
                "name": name,
                "passed": bool(passed),
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
    parts = [
        f"{entry['name']} is {entry['value']:.6g}, the bound is "
        f"{entry['bound']:g}. {entry['help']}"
        for entry in failed
    ]
    return f"Not blessed: {' '.join(parts)}"
