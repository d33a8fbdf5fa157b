import pytest

from tfkd.export import peak_memory


def test_loading_and_running_takes_memory(files):
    # The interpreter and its kernels' code alone are some hundred KiB.
    assert 50_000 < peak_memory.measure(files.int8) < 100_000_000


def test_a_process_that_fails_says_why(tmp_path):
    (tmp_path / "m.tflite").write_text("something else")
    with pytest.raises(RuntimeError, match="must hold 'TFL3'"):
        peak_memory.measure(tmp_path / "m.tflite")


def test_a_process_that_takes_too_long_is_told(files):
    with pytest.raises(RuntimeError, match="runs it once ran out of time"):
        peak_memory.measure(files.int8, timeout=0.01)
