import subprocess
import sys
import threading
import time

import pytest

from tfkd.pipelines import interrupts


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch):
    monkeypatch.setattr(interrupts, "GRACE_SECONDS", 0.2)


def _never():
    raise AssertionError("gave up")


def _busy():
    while True:
        time.sleep(0.01)


def test_python_code_is_interrupted():
    with pytest.raises(interrupts.TimedOut), interrupts.limit(0.1, _never):
        _busy()


def test_what_ends_in_time_is_left_alone():
    with interrupts.limit(0.1, _never):
        pass
    with interrupts.limit(None, _never):
        pass
    time.sleep(0.15)


def test_a_call_that_waits_for_a_child_is_freed():
    code = "import time; time.sleep(60)"
    with pytest.raises(interrupts.TimedOut), interrupts.limit(0.1, _never):
        subprocess.run([sys.executable, "-c", code], check=False)


def test_what_nothing_reaches_is_given_up():
    hung = threading.Event()
    with pytest.raises(interrupts.TimedOut), interrupts.limit(0.1, hung.set):
        # One long call, and no line of Python before its end.
        hung.wait(60)
    assert hung.is_set()
