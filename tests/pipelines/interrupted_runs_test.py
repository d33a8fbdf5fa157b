import os
import pathlib
import signal
import subprocess
import sys
import time

import pipeline_fakes as fakes
import pytest

from tests import processes
from tfkd.pipelines.crash_points import POINTS
from tfkd.pipelines.runners.local import LocalDagRunner

SCRIPT = [sys.executable, fakes.__file__]


def test_an_interrupt_is_recorded_as_canceled(tmp_path):
    fakes.behaviour["Teacher"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        fakes.run(tmp_path)
    states = "SELECT last_known_state FROM Execution ORDER BY id"
    assert fakes.query(tmp_path, states) == [(3,), (3,), (6,)]
    assert list((tmp_path / "Teacher/.system/staging").iterdir()) == []


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_is_taken_up_again(tmp_path, point):
    root, undisturbed = tmp_path / "root", tmp_path / "undisturbed"
    environment = os.environ | {"TFKD_CRASH_AT": f"{point}:Teacher"}
    killed = subprocess.run([*SCRIPT, root], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert list((root / "Teacher" / "model").glob("*/*")) == [] or point in (
        "before_commit",
        "in_commit",
    )
    epochs = list((root / "Teacher/.system").glob("stateful*/*/epoch"))
    assert len(epochs) == (point != "driver")

    result = fakes.run(root)
    assert fakes.calls == ["Teacher", "Student"]
    assert fakes.states(result)["Other"] == "cached"
    running = "SELECT id FROM Execution WHERE last_known_state = 2"
    assert fakes.query(root, running) == []
    [folder] = (root / "Teacher" / "model").iterdir()
    assert str(folder) == result.nodes["Teacher"].outputs["model"]
    for id in fakes.CREATED:
        assert list((root / id / ".system" / "staging").iterdir()) == []
    fakes.run(undisturbed)
    assert fakes.digests(root) == fakes.digests(undisturbed)


def test_training_state_outlives_a_crash(tmp_path):
    environment = os.environ | {"TFKD_CRASH_AT": "executor:Teacher"}
    subprocess.run([*SCRIPT, tmp_path], env=environment, check=False)
    seen = []

    def look(executor):
        path = pathlib.Path(executor.context.stateful_dir, "epoch")
        seen.append(path.read_text())

    fakes.behaviour["Teacher"] = look
    fakes.run(tmp_path)
    # The killed run wrote 1, this one has read it and counted on.
    assert seen == ["2"]


@pytest.mark.parametrize(
    ("runner", "number", "code"),
    [
        ("local", signal.SIGTERM, 143),
        ("local", signal.SIGINT, -2),
        ("beam", signal.SIGTERM, 143),
        ("beam", signal.SIGINT, -2),
    ],
)
def test_signals_end_a_run_as_canceled(tmp_path, runner, number, code):
    environment = os.environ | {"FAKE_WAIT": "1"}
    process = subprocess.Popen(
        [*SCRIPT, tmp_path, runner],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore SIGINT, and so would this child.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    child = int(process.stdout.readline())
    process.send_signal(number)
    process.communicate(timeout=50)
    assert process.returncode == code
    assert not processes.runs(child)
    states = "SELECT last_known_state FROM Execution ORDER BY id"
    assert fakes.query(tmp_path, states) == [(3,), (3,), (6,)]


def test_a_component_that_hangs_is_stopped(tmp_path):
    def hang(executor):
        while True:
            time.sleep(0.01)

    fakes.behaviour["Teacher"] = hang
    with pytest.raises(TimeoutError, match="Teacher took longer than timeout"):
        LocalDagRunner(timeouts={None: 60, "Teacher": 0.2}).run(
            fakes.build(tmp_path)
        )
    assert fakes.calls == ["Source", "Other", "Teacher"]
    assert fakes.query(
        tmp_path,
        "SELECT last_known_state, string_value FROM Execution JOIN "
        "ExecutionProperty ON execution_id = Execution.id WHERE "
        "ExecutionProperty.name = 'tfkd_error'",
    ) == [
        (
            4,
            "TimedOut: Teacher took longer than timeout_s=0.2. What it had "
            "saved is kept: run again, with more time "
            "(--timeout_s=Teacher=SECONDS) where it did not hang.",
        )
    ]


def test_a_component_that_nothing_reaches_ends_the_run(tmp_path):
    code = (
        "import sys, threading, pipeline_fakes as fakes\n"
        "from tfkd.pipelines import interrupts\n"
        "from tfkd.pipelines.runners import BeamDagRunner\n"
        "interrupts.GRACE_SECONDS = 0.2\n"
        "fakes.behaviour['Teacher'] = lambda _: threading.Event().wait(60)\n"
        "BeamDagRunner(timeouts={'Teacher': 0.2}).run(fakes.build(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        cwd=os.path.dirname(fakes.__file__),
        capture_output=True,
        check=False,
        text=True,
        timeout=50,
    )
    assert done.returncode == 1
    assert "in _enter" in done.stderr
    assert "tfkd: Teacher took longer than timeout_s=0.2." in done.stderr
    states = "SELECT last_known_state FROM Execution ORDER BY id"
    assert fakes.query(tmp_path, states) == [(3,), (3,), (4,)]
