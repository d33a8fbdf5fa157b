import json
import pathlib
import types

import numpy as np
import pytest

from tfkd.components.base import artifacts
from tfkd.components.base.spec import Channel
from tfkd.components.compression import executor
from tfkd.components.compression.component import Compression
from tfkd.compression import settings
from tfkd.data import predictions
from tfkd.data import records
from tfkd.errors import InputError
from tfkd.export import inspect

CHANNELS = {
    "examples": Channel(artifacts.Examples),
    "student": Channel(artifacts.Model),
}
TAUGHT = {**CHANNELS, "teacher": Channel(artifacts.Model)}


def test_defaults_are_those_of_the_design():
    component = Compression(**CHANNELS)
    assert component.exec_properties == {
        "recipes": ("int8_ptq",),
        "controls": True,
        "fallback": "",
        "max_drop": 0.01,
        "training": settings.DEFAULTS,
        "calibration_examples": 200,
    }
    assert component.executor_class() is executor.Executor


def test_unknown_recipe_is_refused_at_construction():
    with pytest.raises(InputError, match="'int8_ptg'. Closest: 'int8_ptq'"):
        Compression(**CHANNELS, recipes=("int8_ptg",))


@pytest.mark.parametrize("recipes", [(), ("int8_ptq", "int8_ptq")])
def test_no_or_repeated_recipes_are_refused(recipes):
    with pytest.raises(InputError, match="at least one recipe, each once"):
        Compression(**CHANNELS, recipes=recipes)


def test_no_calibration_example_is_refused():
    with pytest.raises(InputError, match="must be at least 1, received 0"):
        Compression(**CHANNELS, calibration_examples=0)


@pytest.mark.parametrize(
    "values", [{"recipes": ("int8_qat",)}, {"fallback": "int8_qat"}]
)
def test_distilling_without_a_teacher_is_refused_at_construction(values):
    with pytest.raises(InputError, match="'int8_qat' goes on distilling"):
        Compression(**CHANNELS, **values)
    Compression(**TAUGHT, **values)


def test_labels_alone_need_no_teacher():
    Compression(**CHANNELS, recipes=("int8_qat_alone",))


@pytest.mark.parametrize("fallback", ["int4_qat", "float16", "int8_qat_alone"])
def test_a_fallback_must_be_what_can_take_its_place(fallback):
    with pytest.raises(InputError, match="8-bit recipe that distils"):
        Compression(**TAUGHT, fallback=fallback)


def test_a_fallback_needs_what_it_replaces():
    with pytest.raises(InputError, match="not among the recipes"):
        Compression(**TAUGHT, fallback="int8_qat", recipes=("float16",))


def test_a_drop_is_a_fraction():
    with pytest.raises(InputError, match="0.01 is one point"):
        Compression(**CHANNELS, max_drop=2)


def test_a_wrong_setting_is_refused_at_construction():
    with pytest.raises(InputError, match="'epoch'. Closest: 'epochs'"):
        Compression(**CHANNELS, training={"epoch": 2})


def compression_json(made):
    path = pathlib.Path(made.compressed.uri, "compression.json")
    return json.loads(path.read_text())


def test_writes_a_fully_integer_model_and_says_of_what(
    edge_inputs, edge_compressed
):
    folder = pathlib.Path(edge_compressed.compressed.uri)
    assert inspect(folder / "int8_ptq" / "model.tflite").fully_integer
    made = compression_json(edge_compressed)
    training = json.loads(
        pathlib.Path(edge_inputs.student.uri, "training.json").read_text()
    )
    assert made["student_hash"] == training["model_hash"]
    assert made["chosen"] == "int8_ptq"
    assert made["student_eval_accuracy"] == 0.5
    report = made["recipes"]["int8_ptq"]
    assert report["variant"] == "int8"
    assert report["calibration"] == {"examples": 100, "range": [0.0, 16.0]}
    size = (folder / "int8_ptq" / "model.tflite").stat().st_size
    assert report["bytes"] == size
    assert 0.5 < report["eval_accuracy"] <= 1
    assert str(edge_inputs.root) not in json.dumps(made)


@pytest.fixture(scope="module")
def run(edge_inputs, run_executor, tmp_path_factory):
    """Runs the executor with these parameters, teacher included."""

    def start(inputs=None, **parameters):
        component = Compression(
            **TAUGHT, **{"calibration_examples": 50, **parameters}
        )
        return run_executor(
            executor.Executor,
            tmp_path_factory.mktemp("Compression"),
            {
                "examples": edge_inputs.examples,
                "student": edge_inputs.student,
                "teacher": edge_inputs.teacher,
                **(inputs or {}),
            },
            {"compressed": artifacts.CompressedModel},
            component.exec_properties,
        )

    return start


@pytest.fixture(scope="module")
def trained(run):
    """int8_qat with its controls, taught by the live teacher."""
    return run(recipes=("int8_qat",), training={"epochs": 2})


def test_controls_stand_beside_a_recipe_that_trains(trained):
    made = compression_json(trained)["recipes"]
    assert sorted(made) == ["int8_ptq", "int8_qat", "int8_qat_alone"]
    assert made["int8_qat"]["taught"]
    assert not made["int8_qat_alone"]["taught"]
    # 400 images in steps of 64, twice, with and without the teacher.
    for name in ("int8_qat", "int8_qat_alone"):
        assert [s["steps"] for s in made[name]["stages"]] == [14]
        path = pathlib.Path(trained.compressed.uri, name, "model.tflite")
        assert inspect(path).fully_integer


def test_progress_only_grows(trained):
    fractions = [m["fraction"] for m in trained.messages if "fraction" in m]
    assert fractions[-1] == 1.0
    assert any("epoch" in message for message in trained.messages)


@pytest.fixture
def fakes(monkeypatch):
    """Recipes that take no time; `answers` is what each file gets right."""
    answers, made, failing = {}, [], {}

    def compress_all(student, *, recipes, destinations, **values):
        made.append(recipes)
        for name in recipes:
            if name in failing:
                raise failing[name]
        return {name: {"variant": name} for name in recipes}

    class Model:
        def __init__(self, path):
            self.name = path.parent.name

        def predict(self, images):
            right = int(answers[self.name] * len(images))
            labels = fakes_labels()
            found = np.where(np.arange(len(images)) < right, labels, -1)
            return np.eye(11)[found]

    def fakes_labels():
        return records.load_arrays(examples.uri, "eval")[2]

    examples = types.SimpleNamespace(uri=None)
    monkeypatch.setattr(executor.compression, "compress_all", compress_all)
    monkeypatch.setattr(executor, "LiteRTModel", Model)
    return types.SimpleNamespace(
        answers=answers, made=made, failing=failing, examples=examples
    )


@pytest.mark.parametrize(
    ("ptq", "qat", "chosen"),
    [(0.49, 0.5, "int8_ptq"), (0.4, 0.5, "int8_qat"), (0.4, 0.3, "int8_ptq")],
)
def test_training_is_for_what_quantization_loses(
    run, fakes, edge_inputs, ptq, qat, chosen
):
    # The float student has 0.5 on the eval split, and may lose 0.01.
    fakes.examples.uri = edge_inputs.examples.uri
    fakes.answers.update(int8_ptq=ptq, int8_qat=qat)
    made = compression_json(run(fallback="int8_qat"))
    assert made["chosen"] == chosen
    variants = {n: r["variant"] for n, r in made["recipes"].items()}
    assert variants[chosen] == "int8"
    assert list(variants.values()).count("int8") == 1
    assert ("int8_qat" in variants) == (ptq < 0.49)
    assert len(fakes.made) == (2 if ptq < 0.49 else 1)


def test_a_failing_fallback_costs_nothing_that_is_there(
    run, fakes, edge_inputs
):
    fakes.examples.uri = edge_inputs.examples.uri
    fakes.answers.update(int8_ptq=0.3)
    fakes.failing["int8_qat"] = InputError("no such layer")
    outcome = run(fallback="int8_qat")
    made = compression_json(outcome)
    assert made["chosen"] == "int8_ptq"
    assert made["fallback_error"] == "no such layer"
    messages = [m.get("message", "") for m in outcome.messages]
    assert "int8_qat failed: no such layer" in messages


def test_the_predictions_of_another_teacher_are_refused(run, tmp_path):
    predictions.write_info(
        str(tmp_path),
        teacher_hash="x" * 64,
        taps={"logits": {}},
        splits={},
        block=256,
    )
    stored = artifacts.TeacherPredictions(uri=str(tmp_path))
    with pytest.raises(InputError, match="must be those of its `teacher`"):
        run(inputs={"predictions": stored}, recipes=("int8_qat",))


def test_nan_images_end_it_before_the_converter_starts(run, monkeypatch):
    load = records.load_arrays

    def broken(uri, split):
        ids, images, labels = load(uri, split)
        return ids, np.full_like(images, np.nan), labels

    monkeypatch.setattr(records, "load_arrays", broken)
    with pytest.raises(InputError, match="must be finite"):
        run(calibration_examples=5)
