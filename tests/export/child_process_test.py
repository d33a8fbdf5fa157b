import os
import signal
import subprocess
import sys
import time

import pytest

from tests import processes
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


def test_a_child_dies_with_its_parent_even_if_that_is_killed():
    child = (
        "import time\n"
        "from tfkd.export import child_process\n"
        "child_process.end_with_parent()\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', sys.argv[1]],"
        " stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", parent, child], stdout=subprocess.PIPE
    )
    pid = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + 10
    while processes.runs(pid):
        assert time.monotonic() < end
        time.sleep(0.01)
