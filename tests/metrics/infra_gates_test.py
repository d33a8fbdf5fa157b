import pytest

from tfkd.metrics import gates
from tfkd.metrics.infra_gates import GATES


def _latency(first, second, third):
    return {
        "threads_1": {"median": first, "p90": first + 1},
        "threads_2": {"median": second},
        "threads_1_no_xnnpack": {"median": third},
    }


MEASURED = {
    "reference": {"latency_ms": _latency(4.0, 2.0, 8.0)},
    "judged": {
        "bytes": 4000,
        "gzip_bytes": 3000,
        "memory_bytes": 9000,
        "latency_ms": _latency(2.0, 3.0, 4.0),
        "layer_errors": [{"sqnr_db": 20.5}, {"sqnr_db": 31.0}],
        "float_ops": [],
        "gpu_rejects": [],
        "operations": {"ADD": 2},
    },
}


# Ratios by hand: 2 / 4, 3 / 5, 3 / 2, 4 / 8.
@pytest.mark.parametrize(
    ("name", "bound", "value"),
    [
        ("max_bytes", 4000, 4000),
        ("max_gzip_bytes", 3000, 3000),
        ("max_memory_bytes", 9000, 9000),
        ("max_latency_ratio", 0.5, 0.5),
        ("max_latency_p90_ratio", 0.6, 0.6),
        ("max_latency_ratio_2_threads", 1.5, 1.5),
        ("max_latency_ratio_no_xnnpack", 0.5, 0.5),
        ("min_layer_sqnr_db", 20.5, 20.5),
        ("integer_only", True, []),
        ("gpu_compatible", True, []),
        ("allowed_ops", ["ADD"], {"ADD": 2}),
    ],
)
def test_a_gate_reads_its_value(name, bound, value):
    gates.validate(GATES, {name: bound})
    (entry,) = gates.check(GATES, {name: bound}, MEASURED)
    assert entry["value"] == pytest.approx(value)
    assert entry["passed"]
    assert entry["help"]


def test_every_gate_is_covered_above():
    (mark,) = test_a_gate_reads_its_value.pytestmark
    assert {row[0] for row in mark.args[1]} == set(GATES)


def test_a_file_without_quantized_layers_distorts_nothing():
    measured = {"judged": {"layer_errors": []}}
    (entry,) = gates.check(GATES, {"min_layer_sqnr_db": 100}, measured)
    assert entry["passed"]
