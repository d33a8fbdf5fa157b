import math

import pytest

from tfkd.errors import InputError
from tfkd.metrics import gates


def models(**int8):
    latency = {"threads_1": {"median": 2.0}}
    measured = {
        "accuracy": 0.97,
        "agreement_with_teacher": 0.9,
        "bytes": 4000,
        "latency_ms": latency,
        **int8,
    }
    return {
        "control": {"accuracy_mean": 0.88},
        "student": {
            "accuracy": 0.98,
            "accuracy_mean": 0.96,
            "latency_ms": {"threads_1": {"median": 4.0}},
        },
        "student_int8": measured,
    }


# Values by hand: gain .96 - .88 = .08; drop .98 - .97 = .01; ratio 2 / 4.
@pytest.mark.parametrize(
    ("name", "holds", "broken", "value"),
    [
        ("min_accuracy", 0.97, 0.971, 0.97),
        ("min_gain_over_control", 0.08, 0.081, 0.08),
        ("max_int8_drop", 0.01, 0.009, 0.01),
        ("max_bytes", 4000, 3999, 4000),
        ("min_agreement", 0.9, 0.91, 0.9),
        ("max_latency_ratio", 0.5, 0.49, 0.5),
    ],
)
def test_a_bound_holds_up_to_its_value(name, holds, broken, value):
    (passed,) = gates.check({name: holds}, models())
    (failed,) = gates.check({name: broken}, models())
    assert passed["value"] == pytest.approx(value)
    assert passed["passed"]
    assert not failed["passed"]
    assert failed["help"]
    assert gates.blessed([passed])
    assert not gates.blessed([passed, failed])


def test_every_gate_is_covered_above():
    (mark,) = test_a_bound_holds_up_to_its_value.pytestmark
    assert {row[0] for row in mark.args[1]} == set(gates.GATES)


def test_without_a_threshold_nothing_is_blessed():
    checks = gates.check({}, models())
    assert not gates.blessed(checks)
    assert "no threshold was given" in gates.message(checks)


def test_nan_passes_no_bound():
    for name in ("min_accuracy", "max_bytes"):
        measured = models(accuracy=math.nan, bytes=math.nan)
        (entry,) = gates.check({name: 1}, measured)
        assert not entry["passed"]


def test_message_says_bound_value_and_what_helps():
    text = gates.message(gates.check({"max_bytes": 100}, models()))
    assert "max_bytes is 4000, the bound is 100" in text
    assert "Use fewer filters" in text


def test_message_of_a_blessing_counts_checks():
    checks = gates.check({"max_bytes": 5000, "min_accuracy": 0.5}, models())
    assert gates.message(checks) == "Blessed: 2 of 2 checks passed."


def test_unknown_threshold_names_the_closest():
    with pytest.raises(InputError, match="Closest: 'max_int8_drop'"):
        gates.validate({"max_int8_drp": 0.01})


@pytest.mark.parametrize(
    "bound", [95, -0.1, "0.9", None, True, math.nan, [0.9]]
)
def test_a_bound_that_cannot_be_meant_is_refused(bound):
    with pytest.raises(InputError, match="must be a number from 0 to 1"):
        gates.validate({"min_accuracy": bound})


def test_a_model_that_was_not_measured_is_named():
    measured = models()
    del measured["student_int8"]
    with pytest.raises(InputError, match="'max_bytes' needs metrics"):
        gates.check({"max_bytes": 10}, measured)


def test_bytes_that_were_not_measured_are_refused():
    with pytest.raises(InputError, match="'max_bytes' needs metrics"):
        gates.check({"max_bytes": 10}, models(bytes=None))
