import json
import os
import socket
import sqlite3
import subprocess
import sys

import pytest

from tfkd.pipelines import cli
from tfkd.pipelines import run

QUICKSTART = "--config=configs/quickstart.py:quick"


def cluster(index, ports=(2222, 2223)):
    return json.dumps(
        {
            "cluster": {"worker": [f"localhost:{port}" for port in ports]},
            "task": {"type": "worker", "index": index},
        }
    )


@pytest.mark.parametrize(
    ("arguments", "index", "words"),
    [
        (["run", QUICKSTART, "--pipeline_root=x"], None, "TF_CONFIG"),
        (["run", QUICKSTART, "--pipeline_root=x"], 1, "Start `tfkd worker`"),
        (["worker"], None, "TF_CONFIG"),
        (["worker"], 0, "for the workers from 1 on"),
    ],
)
def test_each_worker_has_its_command(
    monkeypatch, capsys, arguments, index, words
):
    if arguments[0] == "run":
        arguments = [*arguments, "--strategy=multiworker"]
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if index is not None:
        monkeypatch.setenv("TF_CONFIG", cluster(index))
    assert cli.main(arguments) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert words in error


def test_a_gpu_that_is_not_there_is_told_before_anything_is_written(
    monkeypatch, capsys, tmp_path
):
    monkeypatch.setattr("tfkd.training.devices._GPU_FILES", ())
    root = tmp_path / "root"
    arguments = ["run", QUICKSTART, f"--pipeline_root={root}", "--strategy=gpu"]
    assert run.main(arguments) == 1
    assert "strategy='gpu' needs a GPU" in capsys.readouterr().err
    assert not root.exists()


def free_ports(count):
    with_port = [socket.socket() for _ in range(count)]
    for opened in with_port:
        opened.bind(("localhost", 0))
    ports = [opened.getsockname()[1] for opened in with_port]
    for opened in with_port:
        opened.close()
    return ports


def start(command, index, ports):
    return subprocess.Popen(
        [sys.executable, "-m", "tfkd.pipelines.cli", *command],
        env={**os.environ, "TF_CONFIG": cluster(index, ports)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def losses_of(root):
    found = {}
    for node in ("TeacherTrainer", "Distillation", "Control"):
        (path,) = root.glob(f"{node}/*/*/training.json")
        runs = json.loads(path.read_text())["runs"]
        found[node] = [entry["history"]["loss"] for entry in runs]
    return found


@pytest.mark.slow
def test_two_worker_processes_train_as_one_does(tmp_path):
    ports = free_ports(2)
    together, alone = tmp_path / "together", tmp_path / "alone"
    command = [
        "run",
        QUICKSTART,
        "--quiet",
        "--to_nodes=Distillation,Control",
        # Each worker would normalize its half of a batch by itself.
        "--config.teacher.model.arguments.batch_normalization=False",
        "--config.student.arguments.batch_normalization=False",
    ]
    chief = start(
        [*command, f"--pipeline_root={together}", "--strategy=multiworker"],
        0,
        ports,
    )
    worker = start(["worker"], 1, ports)
    output, error = chief.communicate(timeout=300)
    assert chief.returncode == 0, error[-3000:]
    output, error = worker.communicate(timeout=60)
    assert worker.returncode == 0, error[-3000:]
    first, *trained, last = output.splitlines()
    assert first == f"Waits for the run on localhost:{ports[0]}."
    assert trained[0] == "trains TeacherTrainer"
    assert sorted(trained[1:]) == ["trains Control", "trains Distillation"]
    assert last == "The run has ended."
    assert run.main(["run", *command[1:], f"--pipeline_root={alone}"]) == 0
    expected = losses_of(alone)
    for node, losses in losses_of(together).items():
        for one, two in zip(expected[node], losses, strict=True):
            # Where gradients are tiny, Adam makes rounding large.
            assert two == pytest.approx(one, rel=2e-2), node
    with sqlite3.connect(together / "metadata.sqlite") as store:
        rows = store.execute(
            "SELECT DISTINCT string_value FROM ExecutionProperty "
            "WHERE name = 'tfkd_strategy'"
        ).fetchall()
    assert rows == [("multiworker",)]
