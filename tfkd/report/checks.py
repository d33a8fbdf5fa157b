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


QUESTIONS = {
    "min_accuracy": _Question("Test accuracy of the int8 student", _percent),
    "min_gain_over_control": _Question(
        "Student minus control, each the mean of its seeds", _points
    ),
    "max_int8_drop": _Question("Student in float minus int8", _points),
    "max_bytes": _Question("File of the int8 student", _bytes),
    "min_agreement": _Question(
        "Same answer as the teacher, int8 student", _percent
    ),
    "max_latency_ratio": _Question(
        "Latency of int8 over float, one thread", _times
    ),
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
