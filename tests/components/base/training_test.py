import json
import os

import pytest
import tensorflow as tf

from tfkd.components.base import artifacts
from tfkd.components.base import training
from tfkd.components.base.executor import ExecutorContext
from tfkd.errors import InputError
from tfkd.training import cluster
from tfkd.training import devices

seen = []


class Executor(training.TrainingExecutor):
    """Remembers what it was given, and writes a file."""

    def train(self, input_dict, output_dict, exec_properties):
        (examples,) = input_dict["examples"]
        (model,) = output_dict["model"]
        with open(os.path.join(model.uri, "model.keras"), "w") as file:
            file.write("weights")
        seen.append(
            {
                "types": [type(examples).__name__, type(model).__name__],
                "uri": examples.uri,
                "base": input_dict["base_model"],
                "stateful_dir": self.context.stateful_dir,
                "node_id": self.context.node_id,
                "parameters": exec_properties,
                "output": model.uri,
            }
        )


class Broken(training.TrainingExecutor):
    def train(self, input_dict, output_dict, exec_properties):
        raise tf.errors.UnavailableError(None, None, "reset by peer")


@pytest.fixture
def one_of_many(monkeypatch):
    """A strategy of one process that passes for one of many."""
    sent = []
    seen.clear()
    default = tf.distribute.OneDeviceStrategy("/cpu:0")
    monkeypatch.setattr(devices, "start", lambda name: default)
    monkeypatch.setattr(devices, "is_chief", lambda: not sent)
    monkeypatch.setattr(
        cluster, "broadcast", lambda value: sent.append(json.dumps(value))
    )
    return sent


def execute(folder, executor):
    (folder / "model").mkdir()
    context = ExecutorContext(
        node_id="Student",
        stateful_dir=str(folder / "state"),
        strategy="multiworker",
    )
    executor(context).Do(
        {
            "examples": [artifacts.Examples(str(folder / "examples"), 3)],
            "base_model": [],
        },
        {"model": [artifacts.Model(str(folder / "model"))]},
        {"train": {"epochs": 2}, "seeds": [0, 1]},
    )


def test_a_worker_does_what_the_chief_does_and_keeps_nothing(
    tmp_path, one_of_many, monkeypatch
):
    execute(tmp_path, Executor)
    jobs = iter([json.loads(one_of_many[0]), None])
    monkeypatch.setattr(cluster, "broadcast", lambda: next(jobs))
    lines = []
    training.work(lines.append)
    assert lines == ["trains Student"]
    chief, worker = seen
    output = worker.pop("output")
    assert chief.pop("output") == str(tmp_path / "model")
    assert worker == chief
    assert chief["types"] == ["Examples", "Model"]
    assert not os.path.exists(output)


def test_a_worker_that_is_gone_is_told(tmp_path, one_of_many):
    with pytest.raises(InputError, match="the connection to one is lost"):
        execute(tmp_path, Broken)
