import json
import pathlib

import pipeline_fakes as fakes
import pytest

from tfkd.components.base.artifacts import Model
from tfkd.components.base.artifacts import ModelBlessing
from tfkd.components.base.component import BaseComponent
from tfkd.components.base.executor import BaseExecutor
from tfkd.components.base.importer import Importer
from tfkd.components.base.resolver import LatestArtifactStrategy
from tfkd.components.base.resolver import LatestBlessedModelStrategy
from tfkd.components.base.resolver import Resolver
from tfkd.components.base.spec import Channel
from tfkd.components.base.spec import ChannelParameter
from tfkd.components.base.spec import ComponentSpec
from tfkd.components.base.spec import ExecutionParameter
from tfkd.errors import InputError
from tfkd.pipelines.metadata.history import History
from tfkd.pipelines.pipeline import Pipeline
from tfkd.pipelines.plan import plan
from tfkd.pipelines.runners.local import LocalDagRunner


class JudgeSpec(ComponentSpec):
    PARAMETERS = {"blessed": ExecutionParameter(int)}
    INPUTS = {
        "model": ChannelParameter(Model),
        "baseline_model": ChannelParameter(Model, optional=True),
    }
    OUTPUTS = {"blessing": ChannelParameter(ModelBlessing)}


class Judge(BaseComponent):
    SPEC_CLASS = JudgeSpec
    EXECUTOR = f"{__name__}.JudgeExecutor"

    def __init__(self, **values):
        super().__init__(JudgeSpec(**values))


class JudgeExecutor(BaseExecutor):
    """Writes which model it compared with, and blesses as it is told."""

    def Do(self, input_dict, output_dict, exec_properties):
        fakes.calls.append(self.context.node_id)
        baseline = input_dict.get("baseline_model")
        (blessing,) = output_dict["blessing"]
        text = ""
        if baseline:
            text = pathlib.Path(baseline[0].uri, "model.json").read_text()
        pathlib.Path(blessing.uri, "baseline.json").write_text(text)
        blessing.custom_properties["blessed"] = exec_properties["blessed"]
        blessing.custom_properties["current_model_id"] = input_dict["model"][
            0
        ].id


class WarmSpec(ComponentSpec):
    INPUTS = {
        "examples": ChannelParameter(fakes.Examples),
        "base_model": ChannelParameter(Model, optional=True),
    }
    OUTPUTS = {"model": ChannelParameter(Model)}


class Warm(BaseComponent):
    SPEC_CLASS = WarmSpec
    EXECUTOR = f"{__name__}.WarmExecutor"

    def __init__(self, **values):
        super().__init__(WarmSpec(**values))


class WarmExecutor(BaseExecutor):
    """A model is the list of the data that it has seen, first ones first."""

    def Do(self, input_dict, output_dict, exec_properties):
        fakes.calls.append(self.context.node_id)
        (examples,) = input_dict["examples"]
        seen = []
        for model in input_dict.get("base_model", ()):
            path = pathlib.Path(model.uri, "model.json")
            seen = json.loads(path.read_text())
        text = pathlib.Path(examples.uri, "Split-train/data.txt").read_text()
        path = pathlib.Path(output_dict["model"][0].uri, "model.json")
        path.write_text(json.dumps([*seen, text]))


def nightly(root, text, blessed=1):
    """Source -> Warm, from the last one; -> Judge, beside the last blessed."""
    source = fakes.Source(text=text)
    examples = source.outputs["examples"]
    last = Resolver(
        strategy_class=LatestArtifactStrategy,
        not_made_of=examples,
        model=Channel(Model, producer_component_id="Warm"),
    ).with_id("LatestStudent")
    warm = Warm(examples=examples, base_model=last.outputs["model"])
    baseline = Resolver(
        strategy_class=LatestBlessedModelStrategy,
        not_made_of=warm.outputs["model"],
        model=Channel(Model),
        model_blessing=Channel(ModelBlessing),
    ).with_id("LatestBlessedModel")
    judge = Judge(
        model=warm.outputs["model"],
        baseline_model=baseline.outputs["model"],
        blessed=blessed,
    )
    return Pipeline("nightly", str(root), [judge, baseline, warm, last, source])


def run(root, text, blessed=1):
    fakes.calls.clear()
    return LocalDagRunner().run(nightly(root, text, blessed))


def seen(result):
    folder = pathlib.Path(result.nodes["Warm"].outputs["model"])
    return json.loads((folder / "model.json").read_text())


def baseline(result):
    folder = pathlib.Path(result.nodes["Judge"].outputs["blessing"])
    text = (folder / "baseline.json").read_text()
    return json.loads(text) if text else None


def test_a_run_goes_on_from_the_last_student_and_beside_the_last_blessed_one(
    tmp_path,
):
    first = run(tmp_path, "a")
    assert (seen(first), baseline(first)) == (["a"], None)
    second = run(tmp_path, "b", blessed=0)
    assert (seen(second), baseline(second)) == (["a", "b"], ["a"])
    # The second one was not blessed: trained on, and not compared with.
    third = run(tmp_path, "c")
    assert (seen(third), baseline(third)) == (["a", "b", "c"], ["a"])
    fourth = run(tmp_path, "d")
    assert baseline(fourth) == ["a", "b", "c"]


@pytest.mark.parametrize("nights", ["a", "ab", "abc"])
def test_a_night_without_new_data_is_all_cached(tmp_path, nights):
    for text in nights:
        before = run(tmp_path, text)
    after = run(tmp_path, nights[-1])
    assert fakes.calls == []
    assert after.count("cached") == len(after.nodes)
    assert (seen(after), baseline(after)) == (seen(before), baseline(before))
    planned = plan(nightly(tmp_path, nights[-1]))
    assert {node.state for node in planned} == {"cached"}


def test_a_damaged_model_is_passed_over(tmp_path):
    run(tmp_path, "a")
    second = run(tmp_path, "b")
    folder = pathlib.Path(second.nodes["Warm"].outputs["model"])
    (folder / "model.json").write_text("[]")
    assert seen(run(tmp_path, "c")) == ["a", "c"]


def test_what_was_named_is_in_the_lineage(tmp_path):
    run(tmp_path, "a")
    second = run(tmp_path, "b")
    history = History(tmp_path / "metadata.sqlite")
    origin = history.origin(history.find(second.nodes["Warm"].outputs["model"]))
    (base,) = origin.inputs["base_model"]
    assert (base.node_id, base.run_id != origin.run_id) == ("Warm", True)


def test_only_models_of_the_same_pipeline_are_named(tmp_path):
    run(tmp_path, "a")
    other = nightly(tmp_path, "b")
    other.pipeline_name = "other"
    assert seen(LocalDagRunner().run(other)) == ["b"]


def reader(root, source, **options):
    importer = Importer(str(source), fakes.Examples, **options)
    warm = Warm(examples=importer.outputs["result"])
    return Pipeline("import", str(root), [warm, importer])


def import_states(root, source, **options):
    result = LocalDagRunner().run(reader(root, source, **options))
    return {id: node.state for id, node in result.nodes.items()}


def test_an_imported_directory_is_used_where_it_lies(tmp_path):
    source, root = tmp_path / "source", tmp_path / "root"
    (source / "Split-train").mkdir(parents=True)
    data = source / "Split-train" / "data.txt"
    data.write_text("a")
    planned = {n.node_id: n.state for n in plan(reader(root, source))}
    assert planned["Importer"] == "run"
    first = import_states(root, source)
    assert first == {"Importer": "executed", "Warm": "executed"}
    again = import_states(root, source)
    assert again == {"Importer": "cached", "Warm": "cached"}
    data.write_text("b")
    changed = import_states(root, source)
    assert changed == {"Importer": "executed", "Warm": "executed"}
    forced = import_states(root, source, reimport=True)
    # Another artifact of the same content.
    assert forced == {"Importer": "executed", "Warm": "cached"}
    assert [path.name for path in source.iterdir()] == ["Split-train"]


def test_an_empty_answer_for_a_required_input_is_told(tmp_path):
    last = Resolver(
        strategy_class=LatestArtifactStrategy, model=Channel(Model)
    ).with_id("Last")
    judge = Judge(model=last.outputs["model"], blessed=1)
    with pytest.raises(InputError, match="'model' must not be empty, and Last"):
        LocalDagRunner().run(Pipeline("p", str(tmp_path), [judge, last]))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "at least one channel"),
        (
            {
                "strategy_class": LatestBlessedModelStrategy,
                "model": Channel(Model),
            },
            "needs the channels model and model_blessing",
        ),
        (
            {"model": fakes.Source(text="x").outputs["examples"]},
            "a Channel without a producer",
        ),
    ],
)
def test_a_resolver_is_checked(values, message):
    values = {"strategy_class": LatestArtifactStrategy, **values}
    with pytest.raises(InputError, match=message):
        Resolver(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"artifact_type": str}, "must be a class of artifacts"),
        ({"artifact_type": "Model"}, "class of artifacts.*received 'Model'"),
        ({"source_uri": "/nowhere"}, "must be an existing directory"),
        ({"properties": {"spam": 1}}, "has no property 'spam'; it has span"),
    ],
)
def test_an_importer_is_checked(tmp_path, values, message):
    given = {"source_uri": str(tmp_path), "artifact_type": fakes.Examples}
    with pytest.raises(InputError, match=message):
        Importer(**{**given, **values})


def test_a_link_in_an_imported_directory_is_a_mistake(tmp_path):
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "link").symlink_to("/etc/hosts")
    node = Importer(str(tmp_path / "from"), Model)
    pipeline = Pipeline("fake", str(tmp_path / "root"), [node])
    for attempt in (plan, LocalDagRunner().run):
        with pytest.raises(InputError, match="found a link"):
            attempt(pipeline)
