import os

import numpy as np
import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2

from tfkd.components.base import artifacts
from tfkd.components.base import spec
from tfkd.components.example_gen import executor as example_gen
from tfkd.components.example_validator import component
from tfkd.components.example_validator import executor
from tfkd.components.schema_gen import executor as schema_gen
from tfkd.components.statistics_gen import executor as statistics_gen
from tfkd.data import records
from tfkd.data import validation
from tfkd.errors import InputError


def artifact(kind, folder, name):
    os.makedirs(folder / name, exist_ok=True)
    return [kind(str(folder / name))]


def validate(folder, examples):
    """Runs the three components behind ExampleGen; returns the anomalies."""
    stats = artifact(artifacts.ExampleStatistics, folder, "statistics")
    rules = artifact(artifacts.Schema, folder, "schema")
    anomalies = artifact(artifacts.ExampleAnomalies, folder, "anomalies")
    inputs = {"examples": examples, "statistics": stats, "schema": rules}
    statistics_gen.Executor().Do(inputs, {"statistics": stats}, {})
    schema_gen.Executor().Do(inputs, {"schema": rules}, {})
    executor.Executor().Do(inputs, {"anomalies": anomalies}, {})
    return anomalies[0]


def read(anomalies, split):
    path = os.path.join(anomalies.uri, f"Split-{split}", validation.FILE)
    with open(path, "rb") as file:
        return anomalies_pb2.Anomalies.FromString(file.read())


def write_examples(folder, dtype="uint8", leak=False, nan=False):
    examples = artifact(artifacts.Examples, folder, "examples")
    rng = np.random.default_rng(0)
    splits, first = {}, None
    for split in ("train", "eval", "test"):
        images = rng.integers(0, 255, (6, 4, 4, 1)).astype(dtype)
        if nan and split == "eval":
            images[3, 0, 0, 0] = np.nan
        if leak and split == "test":
            images[5] = first
        first = images[0] if split == "train" else first
        ids = [f"{split}-{i}" for i in range(6)]
        splits[split] = records.write_split(
            examples[0].uri, split, ids, images, [0, 1] * 3
        )
    info = {
        "image_shape": [4, 4, 1],
        "image_dtype": dtype,
        "value_range": [0, 255],
        "class_names": ["a", "b"],
        "splits": splits,
    }
    records.write_info(examples[0].uri, info)
    return examples


def test_digits_pass_all_four_components(tmp_path):
    pytest.importorskip("sklearn")
    examples = artifact(artifacts.Examples, tmp_path, "examples")
    parameters = {
        "source": {"kind": "tfds", "name": "digits"},
        "num_shards": 2,
    }
    example_gen.Executor().Do({}, {"examples": examples}, parameters)
    anomalies = validate(tmp_path, examples)
    assert anomalies.properties["split_names"] == '["train","eval","test"]'
    for split in ("train", "eval", "test"):
        found = read(anomalies, split)
        assert not found.anomaly_info
        assert not found.HasField("dataset_anomaly_info")


def test_a_leak_stops_the_run_and_is_recorded(tmp_path):
    examples = write_examples(tmp_path, leak=True)
    with pytest.raises(InputError, match=r"train-0 = test-5"):
        validate(tmp_path, examples)
    anomalies = artifacts.ExampleAnomalies(str(tmp_path / "anomalies"))
    for split in ("train", "test"):
        info = read(anomalies, split).anomaly_info["image"]
        assert info.severity == anomalies_pb2.AnomalyInfo.ERROR


def test_nan_pixels_stop_the_run_by_id(tmp_path):
    examples = write_examples(tmp_path, "float32", nan=True)
    with pytest.raises(InputError, match="eval-3: 1 pixels"):
        validate(tmp_path, examples)


def test_it_declares_its_channels():
    channels = {
        "examples": artifacts.Examples,
        "statistics": artifacts.ExampleStatistics,
        "schema": artifacts.Schema,
    }
    declared = component.ExampleValidator(
        **{key: spec.Channel(kind) for key, kind in channels.items()}
    )
    assert declared.outputs["anomalies"].type is artifacts.ExampleAnomalies
    assert declared.executor_class() is executor.Executor
