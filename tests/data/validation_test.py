import numpy as np
import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2

from tfkd.components.base import beam
from tfkd.data import records
from tfkd.data import schema
from tfkd.data import statistics
from tfkd.data import validation
from tfkd.errors import InputError


def good_splits(dtype="uint8"):
    rng = np.random.default_rng(0)
    splits = {}
    for split, count in (("train", 12), ("eval", 6), ("test", 6)):
        images = rng.integers(0, 17, (count, 4, 4, 1)).astype(dtype)
        images = [*images]
        images[0][0, 0, 0], images[0][0, 1, 0] = 0, 16
        ids = [f"{split}-{i}" for i in range(count)]
        splits[split] = (ids, images, [i % 3 for i in range(count)])
    return splits


def validate(tmp_path, splits, num_classes=3):
    dtype = str(splits["train"][1][0].dtype)
    uri = str(tmp_path / "examples")
    info = {
        "image_shape": [4, 4, 1],
        "image_dtype": dtype,
        "value_range": [0, 16],
        "class_names": ["a", "b", "c"][:num_classes],
        "splits": {
            split: records.write_split(uri, split, *columns)
            for split, columns in splits.items()
        },
    }
    records.write_info(uri, info)
    arguments = {"make_pipeline": beam.pipeline}
    stats_uri = str(tmp_path / "stats")
    statistics.compute(
        uri, stats_uri, work_dir=str(tmp_path / "work1"), **arguments
    )
    stats = {s: statistics.read(stats_uri, s) for s in splits}
    clean = statistics.to_proto(
        statistics._empty(17) | {"range": [0, 16]}, info, "train"
    ).datasets[0]
    rules = schema.infer(clean)
    found = validation.scan(
        uri, rules, work_dir=str(tmp_path / "work2"), **arguments
    )
    return validation.check(found, stats, rules)


def errors_of(anomalies):
    with pytest.raises(InputError) as error:
        validation.raise_errors(anomalies)
    return str(error.value)


def test_good_examples_have_no_anomalies(tmp_path):
    assert validate(tmp_path, good_splits()) == []
    validation.raise_errors([])


def test_a_wrong_shape_names_the_example(tmp_path):
    splits = good_splits()
    splits["eval"][1][2] = np.zeros((4, 3, 1), np.uint8)
    text = errors_of(validate(tmp_path, splits))
    assert "eval: images must have as many bytes" in text
    assert "eval-2: 12 bytes, not 16" in text


def test_labels_out_of_range_are_counted_and_the_first_named(tmp_path):
    splits = good_splits()
    splits["train"][2][:7] = [9, -1, 9, 9, 9, 9, 9]
    splits["train"][2][7:] = [0, 1, 2, 0, 1]
    text = errors_of(validate(tmp_path, splits))
    assert "(7: train-0: 9 is not in 0 to 2, train-1: -1 is not" in text
    assert "and 2 more)" in text
    assert "train-5" not in text


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_not_finite_are_errors(tmp_path, value):
    splits = good_splits("float32")
    splits["test"][1][4][1, 1, 0] = value
    text = errors_of(validate(tmp_path, splits))
    assert "pixels must be finite" in text
    assert "test-4: 1 pixels" in text


def test_another_scale_is_an_error_and_a_little_more_a_warning(tmp_path):
    splits = good_splits()
    splits["test"][1][1][0, 0, 0] = 20
    (warning,) = validate(tmp_path / "a", splits)
    assert not warning.is_error
    assert "test-1: " in str(warning)
    splits["test"][1][1][0, 0, 0] = 255
    assert "to 255, not 0 to 16" in errors_of(validate(tmp_path / "b", splits))


def test_an_empty_split_is_an_error(tmp_path):
    splits = good_splits()
    splits["eval"] = ([], [], [])
    text = errors_of(validate(tmp_path, splits))
    assert "eval: a split must have examples" in text


def test_one_class_is_an_error(tmp_path):
    splits = good_splits()
    splits["train"][2][:] = [1] * 12
    text = errors_of(validate(tmp_path, splits))
    assert "train: there must be examples of two classes" in text
    assert "all are of 'b'" in text


def test_a_class_missing_in_a_split_is_an_error(tmp_path):
    splits = good_splits()
    splits["test"][2][:] = [0, 1, 0, 1, 0, 1]
    text = errors_of(validate(tmp_path, splits))
    assert "test: every class must have examples" in text
    assert "(1: 'c')" in text


def test_the_same_image_in_two_splits_is_an_error(tmp_path):
    splits = good_splits()
    splits["test"][1][3] = splits["train"][1][5]
    anomalies = validate(tmp_path, splits)
    assert "train-5 = test-3" in errors_of(anomalies)
    for split, count in (("train", 1), ("test", 1), ("eval", 0)):
        proto = validation.to_proto(split, anomalies)
        assert len(proto.anomaly_info) == count


def test_copies_within_a_split_are_a_warning(tmp_path):
    splits = good_splits()
    splits["train"][1][3] = splits["train"][1][5]
    (warning,) = validate(tmp_path, splits)
    assert not warning.is_error
    assert "train-3 = train-5" in str(warning)


def test_repeated_ids_are_errors(tmp_path):
    splits = good_splits()
    splits["train"][0][3] = "test-2"
    splits["eval"][0][1] = "eval-0"
    text = errors_of(validate(tmp_path, splits))
    assert "train and test: example ids must be unique" in text
    assert "eval: example ids must be unique" in text


def test_strong_imbalance_is_a_warning(tmp_path):
    splits = good_splits()
    rng = np.random.default_rng(1)
    images = [*rng.integers(0, 17, (44, 4, 4, 1)).astype(np.uint8)]
    labels = [1, 2] + [0] * 42
    splits["train"] = ([f"x{i}" for i in range(44)], images, labels)
    (warning,) = validate(tmp_path, splits)
    assert not warning.is_error
    assert "'a' has 42 examples and 'b' 1" in str(warning)


def test_protos_hold_severity_reason_and_text(tmp_path):
    splits = good_splits()
    splits["train"][2][0] = 9
    anomalies = validate(tmp_path, splits)
    validation.write(str(tmp_path), "train", anomalies)
    with open(tmp_path / "Split-train" / validation.FILE, "rb") as file:
        proto = anomalies_pb2.Anomalies.FromString(file.read())
    info = proto.anomaly_info["label"]
    assert info.severity == anomalies_pb2.AnomalyInfo.ERROR
    assert "train-0: 9" in info.reason[0].description


def test_statistics_of_other_examples_are_refused(tmp_path):
    stats = statistics.statistics_pb2.DatasetFeatureStatistics()
    stats.num_examples = 3
    report = {"ids": ["a"], "names": ["a"], "digests": ["x"], "offences": {}}
    with pytest.raises(InputError, match="has 1, the statistics count 3"):
        validation.check({"train": [report]}, {"train": stats}, None)
