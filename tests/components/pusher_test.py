import json
import os
import pathlib
import types

import pytest

from tfkd.components.base import artifacts
from tfkd.components.base.spec import Channel
from tfkd.components.pusher import executor
from tfkd.components.pusher.component import Pusher
from tfkd.errors import InputError
from tfkd.export import package
from tfkd.export import push as push_library

CHANNELS = {
    "tflite": Channel(artifacts.TFLiteModel),
    "blessing": Channel(artifacts.ModelBlessing),
}


def exported(folder, content=b"a model"):
    for variant in ("int8", "float32"):
        (folder / variant).mkdir(parents=True, exist_ok=True)
        (folder / variant / "model.tflite").write_bytes(content)
        for name in package.FILES:
            if name != "model.tflite":
                (folder / variant / name).write_text(f"{name}\n")
    return artifacts.TFLiteModel(uri=str(folder))


def judged(folder, tflite, checks, blessed):
    folder.mkdir()
    values = {
        "checks": checks,
        "message": "no threshold was given",
        "sha256": {
            "int8": push_library.sha256(
                pathlib.Path(tflite.uri, "int8", "model.tflite")
            )
        },
    }
    (folder / "blessing.json").write_text(json.dumps(values))
    (folder / ("BLESSED" if blessed else "NOT_BLESSED")).touch()
    return artifacts.ModelBlessing(uri=str(folder))


@pytest.fixture
def case(tmp_path, run_executor):
    tflite = exported(tmp_path / "tflite")
    good = [{"name": "max_bytes", "passed": True}]
    return types.SimpleNamespace(
        tflite=tflite,
        blessing=judged(tmp_path / "blessing", tflite, good, True),
        serving=tmp_path / "serving",
        root=tmp_path,
        run=run_executor,
    )


def push(case, name="pushed", variant="int8", serving=None, **inputs):
    outputs = case.run(
        executor.Executor,
        case.root / name,
        {"tflite": case.tflite, "blessing": case.blessing, **inputs},
        {"pushed": artifacts.PushedModel},
        {"serving_dir": str(serving or case.serving), "variant": variant},
    )
    path = pathlib.Path(outputs.pushed.uri, "pushed.json")
    return outputs, json.loads(path.read_text())


def test_blessed_model_becomes_version_one(case):
    outputs, pushed = push(case)
    assert sorted(os.listdir(case.serving)) == ["1"]
    assert sorted(os.listdir(case.serving / "1")) == [
        "README.md",
        "SHA256SUMS",
        "labels.txt",
        "model.json",
        "model.tflite",
        "test_vectors.json",
    ]
    assert pushed["version"] == 1
    assert pushed["destination"] == str(case.serving / "1")
    assert outputs.pushed.custom_properties["pushed"] == 1


def test_same_bytes_make_no_new_version(case):
    push(case)
    outputs, pushed = push(case, "again")
    assert os.listdir(case.serving) == ["1"]
    assert pushed["version"] == 1
    assert "unchanged" in outputs.messages[-1]["message"]


def test_next_version_follows_the_highest(case):
    (case.serving / "9").mkdir(parents=True)
    (case.serving / "10").mkdir()
    (case.serving / "notes").mkdir()
    assert push(case)[1]["version"] == 11


def test_unblessed_model_is_refused_without_failing(case):
    checks = [{"name": "max_bytes", "passed": False}]
    case.blessing = judged(case.root / "no", case.tflite, checks, False)
    outputs, pushed = push(case)
    assert not case.serving.exists()
    assert pushed["pushed"] is False
    assert "did not bless this model (failed max_bytes)" in pushed["reason"]
    assert outputs.pushed.custom_properties["pushed"] == 0
    assert pushed["reason"] in outputs.messages[-1]["message"]


def test_missing_thresholds_are_given_as_the_reason(case):
    case.blessing = judged(case.root / "no", case.tflite, [], False)
    assert "no threshold was given" in push(case)[1]["reason"]


def test_a_blessing_does_not_count_for_another_file(case):
    exported(pathlib.Path(case.tflite.uri), b"another model")
    with pytest.raises(InputError, match="counts for the file that was"):
        push(case)


def test_a_variant_that_was_not_exported_is_refused(case):
    with pytest.raises(InputError, match="exported variant named 'int4'"):
        push(case, variant="int4")


def test_a_file_as_serving_directory_is_refused(case):
    case.serving.write_text("")
    with pytest.raises(InputError, match="must be a directory that can be"):
        push(case)


def test_what_the_evaluator_blessed_is_pushed(
    edge_tflite, blessed, run_executor, tmp_path
):
    case = types.SimpleNamespace(
        tflite=edge_tflite.tflite,
        blessing=blessed.blessing,
        serving=tmp_path / "serving",
        root=tmp_path,
        run=run_executor,
    )
    assert push(case)[1]["version"] == 1
    source = pathlib.Path(edge_tflite.tflite.uri, "int8", "model.tflite")
    copy = case.serving / "1" / "model.tflite"
    assert copy.read_bytes() == source.read_bytes()
    # It judged int8 alone.
    with pytest.raises(InputError, match="'float32' has another SHA-256"):
        push(case, "again", variant="float32")


def test_executor_is_found():
    component = Pusher(**CHANNELS, serving_dir="served")
    assert component.executor_class() is executor.Executor
    assert component.exec_properties["variant"] == "int8"


@pytest.mark.parametrize("variant", ["teacher", "control", "../int8", ""])
def test_only_variants_of_the_student_are_served(variant):
    with pytest.raises(InputError, match="a variant of the student"):
        Pusher(**CHANNELS, serving_dir="served", variant=variant)


def test_an_empty_serving_directory_is_refused():
    with pytest.raises(InputError, match="must name a directory"):
        Pusher(**CHANNELS, serving_dir=" ")


def test_a_pushed_version_that_is_gone_is_noticed(case):
    component = Pusher(**CHANNELS, serving_dir=str(case.serving))
    made, _ = push(case)
    outputs = {"pushed": made.pushed.uri}
    assert component.undone(outputs) == ""
    model = case.serving / "1" / "model.tflite"
    model.write_bytes(b"another model")
    assert component.undone(outputs) == f"{model} was changed"
    model.unlink()
    assert component.undone(outputs) == f"{model} is gone"


@pytest.mark.parametrize("directory", ["~/served", "served"])
def test_where_a_version_is_holds_from_anywhere(case, monkeypatch, directory):
    monkeypatch.setenv("HOME", str(case.root))
    monkeypatch.chdir(case.root)
    made, pushed = push(case, serving=directory)
    assert pushed["destination"] == str(case.root / "served" / "1")
    monkeypatch.chdir("/")
    component = Pusher(**CHANNELS, serving_dir=directory)
    assert component.undone({"pushed": made.pushed.uri}) == ""


def infra(folder, tflite, blessed=True, variant="int8"):
    """Writes what an InfraValidator says of a variant."""
    folder.mkdir()
    path = pathlib.Path(tflite.uri, variant, "model.tflite")
    values = {
        "checks": [{"name": "max_bytes", "passed": blessed}],
        "files": {variant: {"sha256": push_library.sha256(path)}},
        "message": "",
        "variant": variant,
    }
    (folder / "infra_validation.json").write_text(json.dumps(values))
    (folder / ("INFRA_BLESSED" if blessed else "INFRA_NOT_BLESSED")).touch()
    return artifacts.InfraBlessing(uri=str(folder))


def test_both_blessings_are_needed(case):
    judge = infra(case.root / "infra", case.tflite, blessed=False)
    _, pushed = push(case, infra_blessing=judge)
    assert not pushed["pushed"]
    assert pushed["reason"] == (
        "the InfraValidator did not bless this file (failed max_bytes)"
    )
    judge = infra(case.root / "second", case.tflite)
    _, pushed = push(case, "again", infra_blessing=judge)
    assert pushed["pushed"]


def test_an_infra_blessing_counts_for_its_file_alone(case):
    judge = infra(case.root / "infra", case.tflite, variant="float32")
    with pytest.raises(InputError, match="'int8' has another SHA-256"):
        push(case, infra_blessing=judge)
