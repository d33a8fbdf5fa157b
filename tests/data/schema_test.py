import numpy as np
import pytest

from tfkd.data import schema
from tfkd.data import statistics
from tfkd.errors import InputError


def stats_of(images, value_range):
    info = {
        "image_shape": list(images.shape[1:]),
        "image_dtype": str(images.dtype),
        "value_range": value_range,
        "class_names": ["a", "b", "c"],
    }
    edges = statistics.bucket_edges(info["image_dtype"], value_range)
    merged = statistics._empty(len(edges) - 1)
    statistics._add_pixels(merged, images.reshape(-1), edges)
    merged |= {"num_examples": len(images), "labels": {"0": len(images)}}
    return statistics.to_proto(merged, info, "train").datasets[0]


def test_uint8_images_give_an_integer_domain(tmp_path):
    images = np.full((2, 4, 5, 3), 7, np.uint8)
    schema.write(str(tmp_path), schema.infer(stats_of(images, [0, 16])))
    read = schema.read(str(tmp_path))
    assert schema.image_domain(read) == ((4, 5, 3), "uint8", (0, 16))
    labels = schema.feature(read, "label").int_domain
    assert (labels.min, labels.max) == (0, 2)


def test_float_domain_covers_what_was_declared_and_seen():
    images = np.array([[-3.0], [0.5]], np.float32).reshape(2, 1, 1, 1)
    inferred = schema.infer(stats_of(images, [0.0, 1.0]))
    assert schema.image_domain(inferred) == ((1, 1, 1), "float32", (-3.0, 1.0))
    assert schema.feature(inferred, "image").float_domain.disallow_nan


@pytest.mark.parametrize("content", [None, "feature { nonsense"])
def test_an_unreadable_schema_is_an_input_error(tmp_path, content):
    if content:
        (tmp_path / schema.FILE).write_text(content)
    with pytest.raises(InputError, match="must be a Schema in text format"):
        schema.read(str(tmp_path))


def test_a_missing_feature_is_named():
    with pytest.raises(InputError, match="must have the feature 'image'"):
        schema.feature(schema.schema_pb2.Schema(), "image")
