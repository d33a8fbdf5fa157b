import subprocess
import sys

import pytest

from tfkd.errors import InputError
from tfkd.export import latency


def test_every_file_is_measured_with_every_number_of_threads(files):
    times = latency.measure(
        {"float32": files.float32, "int8": files.int8}, runs=25
    )
    assert sorted(times) == ["float32", "int8"]
    for by_threads in times.values():
        assert sorted(by_threads) == [
            "threads_1",
            "threads_1_no_xnnpack",
            "threads_2",
        ]
        for values in by_threads.values():
            assert values["runs"] == 25
            assert 0 < values["median"] <= values["p90"]


def test_summary_has_median_and_p90():
    # 0..10: the median is 5, the 90th percentile 9.
    assert latency.summarize(list(range(11))) == {
        "median": 5.0,
        "p90": 9.0,
        "runs": 11,
    }


def test_the_child_imports_no_tensorflow():
    source = (
        "import sys, tfkd.export.latency as latency\n"
        "from tfkd.export.litert import runtime\n"
        "runtime()\n"
        "heavy = {'tensorflow', 'keras', 'jax'} & set(sys.modules)\n"
        "sys.exit(' '.join(heavy) or 0)\n"
    )
    child = subprocess.run([sys.executable, "-c", source], capture_output=True)
    assert child.returncode == 0, child.stderr


def test_no_run_is_refused(files):
    with pytest.raises(InputError, match="at least 1 run, received 0"):
        latency.measure({"int8": files.int8}, runs=0)


def test_a_file_that_does_not_load_is_an_error(tmp_path):
    (tmp_path / "m.tflite").write_text("something else")
    with pytest.raises(RuntimeError, match="must hold 'TFL3'"):
        latency.measure({"int8": tmp_path / "m.tflite"}, runs=1)
