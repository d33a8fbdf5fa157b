import pytest

from tfkd.export import child_process


def test_a_child_reads_keras_3_files_and_uses_no_gpu(monkeypatch):
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "1")
    monkeypatch.setenv("HOME", "/somewhere")
    found = child_process.environment("/scratch")
    assert "TF_USE_LEGACY_KERAS" not in found
    assert found["CUDA_VISIBLE_DEVICES"] == "-1"
    assert found["TMPDIR"] == "/scratch"
    assert found["HOME"] == "/somewhere"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (None, "ran out of time"),
        (-11, "was killed by SIGSEGV"),
        (-9, "was killed by SIGKILL, as happens where memory runs out,"),
        (3, "ended with code 3"),
    ],
)
def test_says_how_a_process_ended(code, text):
    assert child_process.ending(code) == text
