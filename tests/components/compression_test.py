import json
import pathlib

import pytest

from tfkd.components.base import artifacts
from tfkd.components.base.spec import Channel
from tfkd.components.compression import executor
from tfkd.components.compression.component import Compression
from tfkd.compression.data import calibration_data
from tfkd.data import records
from tfkd.errors import InputError
from tfkd.export import inspect

CHANNELS = {
    "examples": Channel(artifacts.Examples),
    "student": Channel(artifacts.Model),
}


def test_defaults_are_those_of_the_design():
    component = Compression(**CHANNELS)
    assert component.exec_properties == {
        "recipes": ("int8_ptq",),
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


def test_writes_a_fully_integer_model_and_says_of_what(
    edge_inputs, edge_compressed
):
    folder = pathlib.Path(edge_compressed.compressed.uri)
    assert inspect(folder / "int8_ptq" / "model.tflite").fully_integer
    made = json.loads((folder / "compression.json").read_text())
    training = json.loads(
        pathlib.Path(edge_inputs.student.uri, "training.json").read_text()
    )
    assert made["student_hash"] == training["model_hash"]
    report = made["recipes"]["int8_ptq"]
    assert report["variant"] == "int8"
    assert report["calibration"] == {"examples": 100, "range": [0.0, 16.0]}
    size = (folder / "int8_ptq" / "model.tflite").stat().st_size
    assert report["bytes"] == size


def test_calibration_sees_training_images_only(edge_inputs):
    ids, images, _ = records.load_arrays(edge_inputs.examples.uri, "train")
    data = calibration_data(ids, images, 10**6, (0.0, 16.0))
    assert sorted(data.example_ids) == sorted(ids)


def test_nan_images_end_it_before_the_converter_starts(
    edge_inputs, run_executor, tmp_path, monkeypatch
):
    ids, images, labels = records.load_arrays(edge_inputs.examples.uri, "train")
    images = images.copy()
    images[:] = float("nan")
    monkeypatch.setattr(
        records, "load_arrays", lambda uri, split: (ids, images, labels)
    )
    with pytest.raises(InputError, match="must be finite"):
        run_executor(
            executor.Executor,
            tmp_path,
            {"examples": edge_inputs.examples, "student": edge_inputs.student},
            {"compressed": artifacts.CompressedModel},
            {"recipes": ("int8_ptq",), "calibration_examples": 5},
        )
