import pytest

from tfkd.components.base import artifacts
from tfkd.components.base import spec
from tfkd.components.schema_gen import component
from tfkd.components.schema_gen import executor
from tfkd.data import schema
from tfkd.data import statistics
from tfkd.errors import InputError


def run(tmp_path):
    stats = artifacts.ExampleStatistics(str(tmp_path / "stats"))
    output = artifacts.Schema(str(tmp_path / "schema"))
    (tmp_path / "schema").mkdir()
    executor.Executor().Do({"statistics": [stats]}, {"schema": [output]}, {})
    return schema.read(output.uri)


def test_the_schema_comes_from_the_train_split(tmp_path):
    for split, high in (("train", 16), ("eval", 99)):
        info = {
            "image_shape": [8, 8, 1],
            "image_dtype": "uint8",
            "value_range": [0, high],
            "class_names": ["a", "b"],
        }
        proto = statistics.to_proto(statistics._empty(32), info, split)
        statistics.write(str(tmp_path / "stats"), split, proto)
    found = run(tmp_path)
    assert schema.image_domain(found) == ((8, 8, 1), "uint8", (0, 16))
    assert schema.feature(found, "label").int_domain.max == 1


def test_missing_statistics_are_an_input_error(tmp_path):
    with pytest.raises(InputError, match="There are no statistics at"):
        run(tmp_path)


def test_it_declares_its_channels():
    channel = spec.Channel(artifacts.ExampleStatistics)
    declared = component.SchemaGen(statistics=channel)
    assert declared.outputs["schema"].type is artifacts.Schema
    assert declared.executor_class() is executor.Executor
