"""Small components without TensorFlow, and a pipeline made of them.

As a script, `pipeline_fakes.py ROOT [RUNNER]` runs that pipeline.
"""

import json
import os
import pathlib
import sqlite3
import subprocess
import sys

from tfkd.components.base.artifacts import Examples
from tfkd.components.base.artifacts import Model
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.executor import BaseExecutor
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.errors import InputError
from tfkd.pipelines.pipeline import Pipeline

ROOT = pathlib.Path(__file__).parents[2]
QUICKSTART = f"--config={ROOT / 'configs/quickstart.py'}"
# What the pipeline creates, in its order.
CREATED = ["Source", "Other", "Teacher", "Student"]
# Node ids in the order in which executors were entered.
calls = []
# Node id to an exception to raise, or a function to call, within `Do`.
behaviour = {}


def recorded(argv):
    """The records of the runs in the root of a command line."""
    root = pathlib.Path(argv[2].partition("=")[2])
    return sorted((root / "runs").glob("*.json"))


class SourceSpec(ComponentSpec):
    PARAMETERS = {
        "text": ExecutionParameter(str),
        "options": ExecutionParameter(dict, optional=True, default={}),
    }
    OUTPUTS = {"examples": ChannelParameter(Examples)}


class TrainSpec(ComponentSpec):
    PARAMETERS = {"rate": ExecutionParameter(float, optional=True, default=1.0)}
    INPUTS = {
        "examples": ChannelParameter(Examples),
        "teacher": ChannelParameter(Model, optional=True),
    }
    OUTPUTS = {"model": ChannelParameter(Model)}
    TYPE_ANNOTATION = "Train"


class Source(BaseComponent):
    SPEC_CLASS = SourceSpec
    EXECUTOR = "pipeline_fakes.SourceExecutor"

    def __init__(self, *, text, options=None):
        super().__init__(SourceSpec(text=text, options=options))


class Train(BaseComponent):
    SPEC_CLASS = TrainSpec
    EXECUTOR = "pipeline_fakes.TrainExecutor"

    def __init__(self, *, examples=None, teacher=None, rate=1.0):
        super().__init__(
            TrainSpec(examples=examples, teacher=teacher, rate=rate)
        )


def _enter(executor):
    node = executor.context.node_id
    calls.append(node)
    action = behaviour.get(node)
    if isinstance(action, BaseException):
        raise action
    if action is not None:
        action(executor)


class SourceExecutor(BaseExecutor):
    def Do(self, input_dict, output_dict, exec_properties):
        [examples] = output_dict["examples"]
        folder = pathlib.Path(examples.uri, "Split-train")
        folder.mkdir()
        folder.joinpath("data.txt").write_text(exec_properties["text"])
        examples.properties["split_names"] = '["train"]'
        _enter(self)


class TrainExecutor(BaseExecutor):
    def Do(self, input_dict, output_dict, exec_properties):
        [examples] = input_dict["examples"]
        text = pathlib.Path(examples.uri, "Split-train/data.txt").read_text()
        state = pathlib.Path(self.context.stateful_dir, "epoch")
        first = int(state.read_text()) if state.exists() else 0
        state.write_text(str(first + 1))
        [model] = output_dict["model"]
        path = pathlib.Path(model.uri, "model.json")
        path.write_text(json.dumps([text, exec_properties["rate"]]))
        model.custom_properties["blessed"] = 1
        _enter(self)
        self.context.report(epoch=1, loss=0.5)


def build(root, text="hello", rate=1.0, **arguments):
    """Source -> Teacher -> Student, and Source -> Other."""
    source = Source(text=text, options=arguments.pop("options", None))
    examples = source.outputs["examples"]
    teacher = Train(examples=examples).with_id("Teacher")
    student = Train(
        examples=examples, teacher=teacher.outputs["model"], rate=rate
    ).with_id("Student")
    other = Train(examples=examples, rate=3.0).with_id("Other")
    return Pipeline(
        "fake", str(root), [student, other, teacher, source], **arguments
    )


def build_distillation(root, rate=1.0, **arguments):
    """Fakes by the names of the components that a diagnosis needs."""
    source = Source(text="hello").with_id("ExampleGen")
    given = {"examples": source.outputs["examples"]}
    teacher = Train(**given).with_id("TeacherTrainer")
    student = Train(**given, teacher=teacher.outputs["model"], rate=rate)
    control = Train(**given, rate=3.0).with_id("Control")
    nodes = [source, teacher, student.with_id("Distillation"), control]
    return Pipeline("fake", str(root), nodes, **arguments)


def run(root, **arguments):
    """Runs the pipeline in this process; `calls` are those of this run."""
    from tfkd.pipelines.runners.local import LocalDagRunner

    calls.clear()
    return LocalDagRunner().run(build(root, **arguments))


def states(result):
    """Returns what became of each node."""
    return {id: node.state for id, node in result.nodes.items()}


def query(root, text):
    """Returns rows of the metadata."""
    connection = sqlite3.connect(root / "metadata.sqlite")
    try:
        return connection.execute(text).fetchall()
    finally:
        connection.close()


def digests(root):
    """Returns (producer, digest) of all live artifacts."""
    return query(
        root,
        "SELECT producer.string_value, digest.string_value FROM Artifact "
        "JOIN ArtifactProperty producer ON producer.artifact_id = Artifact.id "
        "AND producer.name = 'producer_component' "
        "JOIN ArtifactProperty digest ON digest.artifact_id = Artifact.id "
        "AND digest.name = 'tfkd_digest' WHERE state = 2 ORDER BY 1",
    )


def main(root, runner="local"):
    from tfkd.pipelines import runners

    kinds = {"local": runners.LocalDagRunner, "beam": runners.BeamDagRunner}
    if os.environ.get("FAKE_WAIT"):
        behaviour["Teacher"] = _wait
    try:
        result = kinds[runner]().run(build(root))
    except InputError as error:
        sys.exit(str(error))
    states = {id: node.state for id, node in result.nodes.items()}
    sys.stdout.write(json.dumps({"states": states, "heavy": _heavy()}))


def _wait(executor):
    """Waits for a child process, as executors do that convert."""
    code = "import time; time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", code])
    sys.stdout.write(f"{child.pid}\n")
    sys.stdout.flush()
    child.wait()
    raise RuntimeError("The child process is gone.")


def _heavy():
    return [name for name in ("tensorflow", "keras") if name in sys.modules]


if __name__ == "__main__":
    # By its own name: executors are imported from `pipeline_fakes`.
    import pipeline_fakes

    pipeline_fakes.main(*sys.argv[1:])
