import pytest

from tfkd.metrics import gates
from tfkd.metrics.quality_gates import GATES

MODELS = {
    "baseline": {"gain": 0.02},
    "control": {"accuracy_mean": 0.88},
    "student": {"accuracy": 0.98, "accuracy_mean": 0.96},
    "judged": {
        "accuracy": 0.97,
        "accuracy_drop": 0.01,
        "agreement_with_float": 0.95,
        "agreement_with_teacher": 0.9,
        "per_class_accuracy": [0.99, None, 0.8],
    },
}


# Values by hand: gain .96 - .88 = .08; the worst class of those that have
# examples is .8.
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_accuracy", 0.97),
        ("min_worst_class_accuracy", 0.8),
        ("min_gain_over_control", 0.08),
        ("min_gain_over_baseline", 0.02),
        ("max_accuracy_drop", 0.01),
        ("min_agreement", 0.9),
        ("min_agreement_with_float", 0.95),
    ],
)
def test_a_gate_reads_its_value(name, value):
    (entry,) = gates.check(GATES, {name: value}, MODELS)
    assert entry["value"] == pytest.approx(value)
    assert entry["passed"]
    assert entry["help"]


def test_every_gate_is_covered_above():
    (mark,) = test_a_gate_reads_its_value.pytestmark
    assert {row[0] for row in mark.args[1]} == set(GATES)


def test_a_gain_without_a_baseline_holds():
    (entry,) = gates.check(
        GATES, {"min_gain_over_baseline": 0.5}, {**MODELS, "baseline": None}
    )
    assert entry["passed"]
    assert entry["told"] == (
        "min_gain_over_baseline is not asked for without a baseline"
    )
