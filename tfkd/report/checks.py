"""The blessing's checks in words: what each asks, with its unit."""

import dataclasses

from tfkd.report import formats


@dataclasses.dataclass(frozen=True)
class _Question:
    """What a check asks, and how its numbers are written."""

    text: str
    format: object


def _percent(value):
    return f"{formats.percent(value)} %"


def _points(value):
    return f"{formats.points(value)} points"


def _bytes(value):
    return f"{formats.count(value)} bytes"


def _times(value):
    return f"{formats.plain(value)} times"


def _decibels(value):
    return f"{formats.plain(value)} dB"


def _names(value):
    if value is True:
        return "none"
    return ", ".join(value) or "none"


QUESTIONS = {
    "min_accuracy": _Question("Test accuracy of the pushed file", _percent),
    "min_worst_class_accuracy": _Question(
        "The same on the class where it is lowest", _percent
    ),
    "min_gain_over_control": _Question(
        "Student minus control, each the mean of its seeds", _points
    ),
    "min_gain_over_baseline": _Question(
        "Pushed file minus the last blessed one, same images", _points
    ),
    "max_accuracy_drop": _Question(
        "Student in float minus the pushed file", _points
    ),
    "min_agreement": _Question(
        "Same answer as the teacher, pushed file", _percent
    ),
    "min_agreement_with_float": _Question(
        "Same answer as the float student", _percent
    ),
    "max_bytes": _Question("Size of the pushed file", _bytes),
    "max_gzip_bytes": _Question("The same, gzipped", _bytes),
    "max_memory_bytes": _Question(
        "Memory that loading and running it takes", _bytes
    ),
    "max_latency_ratio": _Question(
        "Median time over float32, one thread", _times
    ),
    "max_latency_p90_ratio": _Question(
        "90th percentile over float32, one thread", _times
    ),
    "max_latency_ratio_2_threads": _Question(
        "Median time over float32, two threads", _times
    ),
    "max_latency_ratio_no_xnnpack": _Question(
        "Median time over float32, without XNNPACK", _times
    ),
    "min_layer_sqnr_db": _Question(
        "Signal over quantization noise, worst layer", _decibels
    ),
    "integer_only": _Question("Operations that touch a float", _names),
    "gpu_compatible": _Question(
        "Operations that the GPU delegate refuses", _names
    ),
    "allowed_ops": _Question("Operations in the file, and allowed", _names),
}
# Checks that come after this was written are shown with bare numbers.
_UNKNOWN = _Question("", formats.plain)


def rows(checks):
    """Formats the checks.

    Args:
        checks: `{"name", "bound", "value", "passed", "help"}` each.

    Returns:
        One dict of text a check, and `passed`; `help` is what to do about a
        failure, and empty where the check has passed.
    """
    return [_row(check) for check in checks]


def _row(check):
    name, passed = check["name"], check["passed"]
    question = QUESTIONS.get(name, _UNKNOWN)
    sign = {"min": "≥ ", "max": "≤ "}.get(name.partition("_")[0], "")
    return {
        "name": name,
        "question": question.text,
        "value": question.format(check["value"]),
        "bound": f"{sign}{question.format(check['bound'])}",
        "passed": passed,
        "help": "" if passed else check.get("help", ""),
    }
