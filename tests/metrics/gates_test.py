import math

import pytest

from tfkd.errors import InputError
from tfkd.metrics import gates

GATES = {
    "min_accuracy": gates.Number(
        lambda measured: measured["accuracy"], "Train longer.", high=1
    ),
    "max_bytes": gates.Number(
        lambda measured: measured["bytes"], "Use fewer filters.", low=1
    ),
    "integer_only": gates.Nothing(
        lambda measured: measured["floats"], "Replace them."
    ),
    "allowed_ops": gates.Among(lambda measured: measured["ops"], "List them."),
}
MEASURED = {
    "accuracy": 0.97,
    "bytes": 4000,
    "floats": ["EXP"],
    "ops": {"ADD": 2, "EXP": 1},
}


def check(thresholds, **changed):
    return gates.check(GATES, thresholds, MEASURED | changed)


def test_a_bound_holds_up_to_its_value():
    for name, holds, broken in (
        ("min_accuracy", 0.97, 0.971),
        ("max_bytes", 4000, 3999),
    ):
        (passed,) = check({name: holds})
        (failed,) = check({name: broken})
        assert passed["passed"]
        assert not failed["passed"]
        assert gates.blessed([passed])
        assert not gates.blessed([passed, failed])


def test_nothing_of_a_kind_is_asked_for():
    (failed,) = check({"integer_only": True})
    assert not failed["passed"]
    assert failed["told"] == "integer_only is asked for, and there is EXP"
    (passed,) = check({"integer_only": True}, floats=[])
    assert passed["passed"]


def test_all_must_be_on_the_list():
    (failed,) = check({"allowed_ops": ("ADD",)})
    assert not failed["passed"]
    assert failed["told"] == "allowed_ops does not list EXP"
    (passed,) = check({"allowed_ops": ("ADD", "EXP", "MUL")})
    assert passed["passed"]


def test_without_a_threshold_nothing_is_blessed():
    assert not gates.blessed(check({}))
    assert "no threshold was given" in gates.message([])


def test_nan_passes_no_bound():
    for name in ("min_accuracy", "max_bytes"):
        (entry,) = check({name: 1}, accuracy=math.nan, bytes=math.nan)
        assert not entry["passed"]


def test_message_says_bound_value_and_what_helps():
    assert gates.message(check({"max_bytes": 100})) == (
        "Not blessed: max_bytes is 4000, the bound is 100. Use fewer filters."
    )


def test_message_of_a_blessing_counts_checks():
    checks = check({"max_bytes": 5000, "min_accuracy": 0.5})
    assert gates.message(checks) == "Blessed: 2 of 2 checks passed."


def test_unknown_threshold_names_the_closest():
    with pytest.raises(InputError, match="Closest: 'max_bytes'"):
        gates.validate(GATES, {"max_byte": 0.01})


@pytest.mark.parametrize(
    ("name", "bound", "words"),
    [
        *[
            ("min_accuracy", bound, "must be a number from 0 to 1")
            for bound in (95, -0.1, "0.9", None, True, math.nan, [0.9])
        ],
        ("integer_only", False, "must be True, received False"),
        ("allowed_ops", (), "must list what is allowed"),
        ("allowed_ops", "ADD", "must list what is allowed"),
        ("allowed_ops", (1,), "must list what is allowed"),
    ],
)
def test_a_bound_that_cannot_be_meant_is_refused(name, bound, words):
    with pytest.raises(InputError, match=words):
        gates.validate(GATES, {name: bound})


def test_what_was_not_measured_is_named():
    with pytest.raises(InputError, match="'max_bytes' needs metrics"):
        gates.check(GATES, {"max_bytes": 10}, {"accuracy": 1.0})
    with pytest.raises(InputError, match="'max_bytes' needs metrics"):
        check({"max_bytes": 10}, bytes=None)
