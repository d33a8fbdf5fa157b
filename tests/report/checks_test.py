import pytest

from tfkd.metrics import infra_gates
from tfkd.metrics import quality_gates
from tfkd.report import checks


@pytest.mark.parametrize(
    ("name", "value", "bound", "expected"),
    [
        ("min_accuracy", 0.981, 0.95, ("98.1 %", "≥ 95.0 %")),
        ("min_gain_over_control", -0.012, 0, ("−1.2 points", "≥ +0.0 points")),
        ("max_accuracy_drop", 0.004, 0.01, ("+0.4 points", "≤ +1.0 points")),
        ("max_bytes", 6104, 65536, ("6,104 bytes", "≤ 65,536 bytes")),
        ("min_agreement", 0.975, 0.9, ("97.5 %", "≥ 90.0 %")),
        ("max_latency_ratio", 1.25, 2, ("1.25 times", "≤ 2 times")),
        ("min_layer_sqnr_db", 31.25, 20, ("31.25 dB", "≥ 20 dB")),
        ("integer_only", ["EXP"], True, ("EXP", "none")),
        ("allowed_ops", {"ADD": 2}, ["ADD", "MUL"], ("ADD", "ADD, MUL")),
        ("another", 1.5, 2, ("1.5", "2")),
    ],
)
def test_numbers_have_the_unit_of_their_check(name, value, bound, expected):
    check = {"name": name, "value": value, "bound": bound, "passed": True}
    row = checks.rows([check])[0]
    assert (row["value"], row["bound"]) == expected


def test_every_gate_has_its_question():
    every = quality_gates.GATES | infra_gates.GATES
    assert set(checks.QUESTIONS) == set(every)


def test_help_is_for_failures_only():
    check = {"name": "max_bytes", "value": 2, "bound": 1, "help": "Shrink."}
    failed, passed = checks.rows(
        [{**check, "passed": False}, {**check, "passed": True}]
    )
    assert failed["help"] == "Shrink."
    assert passed["help"] == ""
