"""The real ML Metadata client on a store of ours.

It needs protobuf 4, so it lives in an environment of its own, which
`make setup` makes.
"""

import json
import pathlib
import subprocess
import sys

import pipeline_fakes
import pytest

from tfkd.pipelines.metadata import history
from tfkd.pipelines.results import CACHED
from tfkd.pipelines.runners import LocalDagRunner

PYTHON = pathlib.Path(sys.prefix, "ml_metadata", "bin", "python")
CLIENT = pathlib.Path(__file__).with_name("ml_metadata_client.py")
OUTPUT, INPUT = 4, 3


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    LocalDagRunner().run(pipeline_fakes.build(root), "first")
    return root


def client(root, action):
    assert PYTHON.exists(), "`make setup` makes the client's environment"
    command = [PYTHON, "-I", CLIENT, root / history.FILE, action]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def seen(root):
    return client(root, "read")


def test_the_client_sees_types_with_base_types_and_properties(seen):
    assert seen["artifact_types"]["Examples"] == {
        "base": 1,  # mlmd.Dataset
        "properties": {
            "span": "int",
            "version": "int",
            "split_names": "string",
        },
    }
    assert seen["artifact_types"]["Model"]["base"] == 2  # mlmd.Model
    assert seen["execution_types"]["pipeline_fakes.Train"]["base"] == 1
    assert seen["execution_types"]["pipeline_fakes.Source"]["base"] == 0


def test_the_client_sees_artifacts_and_their_properties(seen, root):
    [examples] = [
        item
        for item in seen["artifacts"].values()
        if item["type"] == "Examples"
    ]
    assert examples["uri"] == str(root / "Source/examples/1")
    assert examples["state"] == "LIVE"
    assert examples["properties"] == {"split_names": '["train"]'}
    assert examples["contexts"] == ["fake", "fake.Source", "first"]
    models = [i for i in seen["artifacts"].values() if i["type"] == "Model"]
    assert [model["custom"]["blessed"] for model in models] == [1, 1, 1]
    assert seen["by_uri"] == [1]


def test_the_client_sees_contexts(seen):
    assert [
        context for context in seen["contexts"] if "pipeline" in context[0]
    ] == [["pipeline", "fake"], ["pipeline_run", "first"]]
    assert ["node", "fake.Student"] in seen["contexts"]
    kinds = [kind for kind, _ in seen["contexts"]]
    assert kinds.count("execution_cache") == 4


def test_the_client_sees_executions_and_events(seen):
    states = {item["state"] for item in seen["executions"].values()}
    assert states == {"COMPLETE"}
    [student] = [
        id
        for id, item in seen["executions"].items()
        if item["custom"]["tfkd_node"] == "Student"
    ]
    events = [
        (type, path)
        for execution, _, type, path in seen["events"]
        if execution == int(student)
    ]
    assert events == [
        (INPUT, ["examples", 0]),
        (INPUT, ["teacher", 0]),
        (OUTPUT, ["model", 0]),
    ]


def test_ours_reads_what_the_client_added_and_goes_on(root):
    added = client(root, "add")
    assert added["same_type"]
    store = history.History(str(root / history.FILE))
    theirs = store.artifacts()[-1]
    assert (theirs.uri, theirs.custom_properties["bool"]) == ("/theirs", True)
    assert theirs.custom_properties["struct"].startswith("mlmd-struct::")
    origin = store.origin(theirs)
    assert origin.node_id == "their.Judge"
    [model] = origin.inputs["model"]
    assert model.node_id == "Student"
    assert store.runs()[0].states["Student"] == "COMPLETE"
    again = LocalDagRunner().run(pipeline_fakes.build(root), "second")
    assert {node.state for node in again.nodes.values()} == {CACHED}
