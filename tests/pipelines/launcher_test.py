import errno
import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import pipeline_fakes as fakes
import pytest

from tests import processes
from tfkd.errors import InputError
from tfkd.pipelines import artifact_store
from tfkd.pipelines import locks
from tfkd.pipelines.crash_points import POINTS
from tfkd.pipelines.progress import ProgressView
from tfkd.pipelines.runners.local import LocalDagRunner

CREATED = ["Source", "Other", "Teacher", "Student"]
SCRIPT = [sys.executable, fakes.__file__]


@pytest.fixture(autouse=True)
def _fresh():
    fakes.calls.clear()
    fakes.behaviour.clear()


def _run(root, **arguments):
    fakes.calls.clear()
    return LocalDagRunner().run(fakes.build(root, **arguments))


def _states(result):
    return {id: node.state for id, node in result.nodes.items()}


def _query(root, query):
    connection = sqlite3.connect(root / "metadata.sqlite")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def _digests(root):
    return _query(
        root,
        "SELECT producer.string_value, digest.string_value FROM Artifact "
        "JOIN ArtifactProperty producer ON producer.artifact_id = Artifact.id "
        "AND producer.name = 'producer_component' "
        "JOIN ArtifactProperty digest ON digest.artifact_id = Artifact.id "
        "AND digest.name = 'tfkd_digest' WHERE state = 2 ORDER BY 1",
    )


def test_runs_in_order_and_then_takes_all_from_the_cache(tmp_path):
    first = _run(tmp_path)
    assert fakes.calls == CREATED
    assert set(_states(first).values()) == {"executed"}
    second = _run(tmp_path)
    assert fakes.calls == []
    assert set(_states(second).values()) == {"cached"}
    for id, node in second.nodes.items():
        assert node.outputs == first.nodes[id].outputs


def test_outputs_lie_where_tfx_puts_them(tmp_path):
    node = _run(tmp_path).nodes["Source"]
    uri = tmp_path / "Source" / "examples" / str(node.execution_id)
    assert node.outputs == {"examples": str(uri)}
    assert (uri / "Split-train" / "data.txt").read_text() == "hello"
    for id in CREATED:
        system = tmp_path / id / ".system"
        assert list((system / "staging").iterdir()) == []
        assert list((system / "stateful_working_dir").iterdir()) == []


def test_a_parameter_reruns_its_component_only(tmp_path):
    _run(tmp_path)
    result = _run(tmp_path, rate=2.0)
    assert fakes.calls == ["Student"]
    assert result.nodes["Student"].message == "parameter rate: 1.0 -> 2.0"


def test_a_changed_input_reruns_all_downstream(tmp_path):
    _run(tmp_path)
    result = _run(tmp_path, text="other")
    assert fakes.calls == CREATED
    assert "input examples changed" in result.nodes["Teacher"].message


def test_an_output_of_the_same_content_leaves_downstream_cached(tmp_path):
    _run(tmp_path)
    _run(tmp_path, options={"unused": 1})
    assert fakes.calls == ["Source"]


def test_an_edited_executor_reruns(tmp_path, monkeypatch):
    _run(tmp_path)
    module = tmp_path / "new_executor.py"
    module.write_text("from pipeline_fakes import SourceExecutor\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(fakes.Source, "EXECUTOR", "new_executor.SourceExecutor")
    result = _run(tmp_path)
    assert fakes.calls == ["Source"]
    assert "the executor's source changed" in result.nodes["Source"].message


def test_the_cache_can_be_switched_off(tmp_path):
    _run(tmp_path)
    _run(tmp_path, enable_cache=False)
    assert fakes.calls == CREATED


def test_a_damaged_artifact_is_rebuilt_and_recorded(tmp_path):
    first = _run(tmp_path)
    uri = first.nodes["Source"].outputs["examples"]
    path = pathlib.Path(uri, "Split-train", "data.txt")
    path.write_text("hellO")
    second = _run(tmp_path)
    assert fakes.calls == ["Source"]
    assert "data.txt has other content" in second.nodes["Source"].message
    assert second.nodes["Source"].outputs["examples"] != uri
    states = _query(tmp_path, f"SELECT state FROM Artifact WHERE uri = '{uri}'")
    assert states == [(4,)]
    assert set(_states(_run(tmp_path)).values()) == {"cached"}


def test_what_a_component_did_outside_is_done_again(tmp_path, monkeypatch):
    _run(tmp_path)
    said = []
    monkeypatch.setattr(
        fakes.Source, "undone", lambda self, outputs: said.append(outputs) or ""
    )
    assert set(_states(_run(tmp_path)).values()) == {"cached"}
    [outputs] = said
    assert pathlib.Path(outputs["examples"], "Split-train").is_dir()
    monkeypatch.setattr(fakes.Source, "undone", lambda *_: "it was taken back")
    again = _run(tmp_path)
    assert fakes.calls == ["Source"]
    assert again.nodes["Source"].message == "it was taken back"


def test_a_removed_metadata_file_starts_anew_beside_old_outputs(tmp_path):
    first = _run(tmp_path)
    (tmp_path / "metadata.sqlite").unlink()
    second = _run(tmp_path)
    assert fakes.calls == CREATED
    for id in CREATED:
        before, now = first.nodes[id], second.nodes[id]
        assert set(before.outputs.values()).isdisjoint(now.outputs.values())


def test_a_failure_keeps_what_else_finished(tmp_path):
    fakes.behaviour["Teacher"] = RuntimeError("diverged")
    with pytest.raises(RuntimeError, match="diverged") as caught:
        _run(tmp_path)
    assert caught.value.__notes__ == ["While running the component 'Teacher'."]
    assert _states(caught.value.run_result) == {
        "Source": "executed",
        "Other": "executed",
        "Teacher": "failed",
        "Student": "skipped",
    }
    assert list((tmp_path / "Teacher" / "model").glob("*")) == []
    assert list((tmp_path / "Teacher/.system/staging").iterdir()) == []
    fakes.behaviour.clear()
    _run(tmp_path)
    assert fakes.calls == ["Teacher", "Student"]
    states = "SELECT last_known_state, COUNT(*) FROM Execution GROUP BY 1"
    # COMPLETE 3: all four; FAILED 4: one; CACHED 5: Source and Other.
    assert _query(tmp_path, states) == [(3, 4), (4, 1), (5, 2)]


def test_a_users_mistake_names_the_component(tmp_path):
    fakes.behaviour["Source"] = InputError("text must not be empty")
    with pytest.raises(InputError, match="^Source: text must not be empty$"):
        _run(tmp_path)


def test_a_full_disk_is_a_users_mistake(tmp_path):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    fakes.behaviour["Teacher"] = full
    with pytest.raises(InputError, match="Teacher: No space left") as caught:
        _run(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert caught.value.__cause__ is full


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """A file system of 4 MB, where mounting one is allowed."""
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(tmp_path)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a file system is not allowed here")
    monkeypatch.setattr(artifact_store, "MIN_FREE_BYTES", 0)
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_disk_that_fills_up_costs_one_component(small_disk):
    def fill(executor):
        folder = pathlib.Path(executor.context.tmp_dir)
        (folder / "large").write_bytes(bytes(8 * 1024**2))

    fakes.behaviour["Teacher"] = fill
    with pytest.raises(InputError, match="Teacher: No space left"):
        LocalDagRunner().run(fakes.build(small_disk))
    states = "SELECT last_known_state FROM Execution ORDER BY id"
    assert _query(small_disk, states) == [(3,), (3,), (4,)]
    assert list((small_disk / "Teacher/.system/staging").iterdir()) == []
    fakes.behaviour.clear()
    _run(small_disk)
    assert fakes.calls == ["Teacher", "Student"]


def test_an_interrupt_is_recorded_as_canceled(tmp_path):
    fakes.behaviour["Teacher"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path)
    states = "SELECT last_known_state FROM Execution ORDER BY id"
    assert _query(tmp_path, states) == [(3,), (3,), (6,)]
    assert list((tmp_path / "Teacher/.system/staging").iterdir()) == []


def test_lineage_is_in_the_tables_of_ml_metadata(tmp_path):
    run_id = _run(tmp_path).run_id
    assert _query(
        tmp_path,
        "SELECT Type.name, Context.name FROM Context JOIN Type ON "
        "Type.id = type_id WHERE Type.name != 'execution_cache' ORDER BY 1, 2",
    ) == [
        ("node", "fake.Other"),
        ("node", "fake.Source"),
        ("node", "fake.Student"),
        ("node", "fake.Teacher"),
        ("pipeline", "fake"),
        ("pipeline_run", run_id),
    ]
    # Student is execution 4: reads examples (1) and teacher (3), writes 4.
    assert _query(
        tmp_path,
        "SELECT artifact_id, type, step_key FROM Event JOIN EventPath ON "
        "event_id = Event.id WHERE execution_id = 4 AND is_index_step = 0",
    ) == [(1, 3, "examples"), (3, 3, "teacher"), (4, 4, "model")]
    assert _query(
        tmp_path,
        "SELECT Type.name, COUNT(*) FROM Association JOIN Context ON "
        "Context.id = context_id JOIN Type ON Type.id = type_id "
        "WHERE execution_id = 4 GROUP BY 1",
    ) == [(n, 1) for n in ("execution_cache", "node", "pipeline")] + [
        ("pipeline_run", 1)
    ]
    assert _query(
        tmp_path,
        "SELECT is_custom_property, string_value FROM ArtifactProperty "
        "WHERE name = 'split_names'",
    ) == [(0, '["train"]')]
    assert (
        _query(
            tmp_path,
            "SELECT int_value FROM ArtifactProperty WHERE name = 'blessed' "
            "AND is_custom_property = 1",
        )
        == [(1,)] * 3
    )
    assert _query(
        tmp_path,
        "SELECT Type.name, double_value FROM ExecutionProperty JOIN Execution "
        "ON Execution.id = execution_id JOIN Type ON Type.id = type_id "
        "WHERE ExecutionProperty.name = 'rate' AND execution_id = 2",
    ) == [("pipeline_fakes.Train", 3.0)]
    # ML Metadata's base types: 1 is Dataset, 2 Model, 5 Train.
    assert _query(
        tmp_path,
        "SELECT Type.name, parent_type_id FROM ParentType JOIN Type "
        "ON Type.id = type_id ORDER BY 1",
    ) == [("Examples", 1), ("Model", 2), ("pipeline_fakes.Train", 5)]


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

    result = _run(root)
    assert fakes.calls == ["Teacher", "Student"]
    assert _states(result)["Other"] == "cached"
    running = "SELECT id FROM Execution WHERE last_known_state = 2"
    assert _query(root, running) == []
    [folder] = (root / "Teacher" / "model").iterdir()
    assert str(folder) == result.nodes["Teacher"].outputs["model"]
    for id in CREATED:
        assert list((root / id / ".system" / "staging").iterdir()) == []
    _run(undisturbed)
    assert _digests(root) == _digests(undisturbed)


def test_training_state_outlives_a_crash(tmp_path):
    environment = os.environ | {"TFKD_CRASH_AT": "executor:Teacher"}
    subprocess.run([*SCRIPT, tmp_path], env=environment, check=False)
    seen = []

    def look(executor):
        path = pathlib.Path(executor.context.stateful_dir, "epoch")
        seen.append(path.read_text())

    fakes.behaviour["Teacher"] = look
    _run(tmp_path)
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
    assert _query(tmp_path, states) == [(3,), (3,), (6,)]


def test_five_identical_runs_at_once_do_the_work_once(tmp_path):
    fakes.build(tmp_path)
    code = (
        "import sys, json, pipeline_fakes as fakes\n"
        "from tfkd.pipelines.runners.local import LocalDagRunner\n"
        "LocalDagRunner().run(fakes.build(sys.argv[1]))\n"
        "sys.stdout.write(json.dumps(fakes.calls))\n"
    )
    folder = os.path.dirname(fakes.__file__)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, tmp_path],
            stdout=subprocess.PIPE,
            cwd=folder,
        )
        for _ in range(5)
    ]
    calls = [json.loads(process.communicate()[0]) for process in processes]
    assert sorted(sum(calls, [])) == sorted(CREATED)


def test_runs_of_other_parameters_do_not_disturb_each_other(tmp_path):
    rates = [1.0, 2.0, 3.0]
    threads = [
        threading.Thread(
            target=LocalDagRunner().run, args=[fakes.build(tmp_path, rate=rate)]
        )
        for rate in rates
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fakes.calls) == ["Other", "Source"] + ["Student"] * 3 + [
        "Teacher"
    ]
    for rate in rates:
        result = _run(tmp_path, rate=rate)
        assert set(_states(result).values()) == {"cached"}
        [path] = pathlib.Path(result.nodes["Student"].outputs["model"]).glob(
            "model.json"
        )
        assert json.loads(path.read_text()) == ["hello", rate]


def test_a_run_says_whom_it_waits_for(tmp_path):
    began, go_on = threading.Event(), threading.Event()
    seen = []

    class View(ProgressView):
        def reported(self, node_id, values):
            seen.append((node_id, values["message"]))
            go_on.set()

    def wait(executor):
        began.set()
        assert go_on.wait(60)

    fakes.behaviour["Source"] = wait
    first = threading.Thread(
        target=LocalDagRunner().run, args=[fakes.build(tmp_path)]
    )
    first.start()
    assert began.wait(60)
    view = View(quiet=True)
    result = LocalDagRunner(progress=view).run(fakes.build(tmp_path))
    first.join()
    assert _states(result)["Source"] == "cached"
    message = f"waits for process {os.getpid()} on {socket.gethostname()}"
    assert seen[0] == ("Source", f"{message}, which is making it")


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
    assert _query(
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
    assert _query(tmp_path, states) == [(3,), (3,), (4,)]


def test_a_lease_is_dead_when_its_process_or_boot_is_gone():
    mine = locks.lease()
    assert locks.is_alive(mine)
    assert locks.is_alive(mine | {"host": "elsewhere"})
    assert not locks.is_alive(mine | {"boot_id": "before"})
    assert not locks.is_alive(mine | {"started": mine["started"] - 1})
    assert not locks.is_alive({})
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert not locks.is_alive(mine | {"pid": child.pid})


def test_a_component_s_beam_options_follow_the_pipeline_s(tmp_path):
    seen = []
    fakes.behaviour["Teacher"] = lambda executor: seen.append(
        executor.context.beam_pipeline_args
    )
    pipeline = fakes.build(
        tmp_path, beam_pipeline_args=("--direct_num_workers=1",)
    )
    own = ("--runner=FnApiRunner",)
    pipeline.node("Teacher").with_beam_pipeline_args(own)
    LocalDagRunner().run(pipeline)
    assert seen == [("--direct_num_workers=1", *own)]
