"""The compiled YAML, and what its containers would do, without Kubeflow."""

import json
import pathlib
import re

import pipeline_fakes
import pytest
import yaml

from tfkd.components.base.artifacts import Examples
from tfkd.components.base.importer import Importer
from tfkd.errors import InputError
from tfkd.pipelines import entrypoint
from tfkd.pipelines.adapters import kfp as adapter
from tfkd.pipelines.pipeline import Pipeline

PLACEHOLDER = r"\{\{\$\.(inputs|outputs)\.artifacts\['(\w+)'\]\.path\}\}"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compiled")
    pipeline = pipeline_fakes.build(
        folder / "root",
        beam_pipeline_args=("--runner=FlinkRunner",),
        strategy="cpu",
    )
    path = folder / "pipeline.yaml"
    adapter.compile(pipeline, path, image="registry/shop:1")
    return yaml.safe_load(path.read_text())


@pytest.fixture(scope="module")
def tasks(compiled):
    return compiled["root"]["dag"]["tasks"]


def _container(compiled, name):
    return compiled["deploymentSpec"]["executors"][f"exec-{name}"]["container"]


def test_every_component_is_a_container_of_the_image(compiled, tasks):
    assert sorted(tasks) == ["other", "source", "student", "teacher"]
    for name in tasks:
        container = _container(compiled, name)
        assert container["image"] == "registry/shop:1"
        assert container["command"] == [
            *("python", "-m", "tfkd.pipelines.entrypoint")
        ]
        assert "--beam_pipeline_arg=--runner=FlinkRunner" in container["args"]
        assert "--strategy=cpu" in container["args"]
    assert compiled["pipelineInfo"]["name"] == "fake"
    assert tasks["student"]["taskInfo"]["name"] == "Student"


def test_tasks_are_wired_as_the_components_are(tasks):
    given = tasks["student"]["inputs"]["artifacts"]
    wires = {
        key: (
            value["taskOutputArtifact"]["producerTask"],
            value["taskOutputArtifact"]["outputArtifactKey"],
        )
        for key, value in given.items()
    }
    assert wires == {
        "examples": ("source", "examples"),
        "teacher": ("teacher", "model"),
    }
    assert sorted(tasks["student"]["dependentTasks"]) == ["source", "teacher"]


def test_data_sets_and_models_have_kubeflow_s_types(compiled):
    student = compiled["components"]["comp-student"]
    types = {
        key: value["artifactType"]["schemaTitle"]
        for definition in ("inputDefinitions", "outputDefinitions")
        for key, value in student[definition]["artifacts"].items()
    }
    assert types == {
        "examples": "system.Dataset",
        "teacher": "system.Model",
        "model": "system.Model",
    }


def _ready(tasks, done):
    return [
        name
        for name, task in tasks.items()
        if name not in done
        and set(task.get("dependentTasks", [])).issubset(done)
    ]


def _resolved(argument, task, name, folder):
    """Fills in an argument's placeholder as a cluster does."""
    if argument.startswith('{"Concat"'):
        argument = "".join(json.loads(argument)["Concat"])

    def path(match):
        direction, key = match.groups()
        producer = name
        if direction == "inputs":
            source = task["inputs"]["artifacts"][key]["taskOutputArtifact"]
            producer, key = source["producerTask"], source["outputArtifactKey"]
        return str(folder / producer / key)

    return re.sub(PLACEHOLDER, path, argument)


def test_its_commands_do_what_the_pipeline_does(compiled, tasks, tmp_path):
    done = []
    while len(done) < len(tasks):
        name = _ready(tasks, done)[0]
        argv = [
            _resolved(argument, tasks[name], name, tmp_path)
            for argument in _container(compiled, name)["args"]
        ]
        assert entrypoint.main(argv) == 0
        done.append(name)
    model = pathlib.Path(tmp_path, "student/model/model.json")
    assert json.loads(model.read_text()) == ["hello", 1.0]


def test_waits_for_nodes_whose_files_it_ignores(tmp_path):
    first = pipeline_fakes.Source(text="a").with_id("First")
    second = pipeline_fakes.Source(text="b").with_id("Second")
    second.add_upstream_node(first)
    pipeline = Pipeline("two", str(tmp_path), [first, second])
    path = tmp_path / "two.yaml"
    adapter.compile(pipeline, path, image="i")
    tasks = yaml.safe_load(path.read_text())["root"]["dag"]["tasks"]
    assert tasks["second"]["dependentTasks"] == ["first"]


def test_refuses_what_looks_into_this_machine(tmp_path):
    data = Importer(str(tmp_path), Examples).with_id("Data")
    train = pipeline_fakes.Train(examples=data.outputs["result"])
    with pytest.raises(InputError, match="Data looks into.*Leave it out"):
        adapter.pipeline(Pipeline("p", str(tmp_path), [data, train]), image="i")


def test_refuses_no_image_and_names_that_are_one_to_kubeflow(tmp_path):
    with pytest.raises(InputError, match="image must name"):
        adapter.pipeline(pipeline_fakes.build(tmp_path), image="")
    nodes = [pipeline_fakes.Source(text="a").with_id(i) for i in ("A.b", "a_b")]
    with pytest.raises(InputError, match="'A.b' and 'a_b' are the same"):
        adapter.pipeline(Pipeline("p", str(tmp_path), nodes), image="i")
