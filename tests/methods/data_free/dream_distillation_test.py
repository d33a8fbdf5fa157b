import numpy as np
import pytest
import tensorflow as tf

from tests.sources.representations_test import network
from tfkd import methods
from tfkd.errors import InputError
from tfkd.sources import FeatureClusters

X = np.random.default_rng(0).uniform(-1, 1, (30, 3)).astype("float32")


def build(**arguments):
    parts = {"teacher": network(), "student": network(), "metadata": X}
    small = {"value_range": (-1, 1), "steps": 3, "examples": 4}
    return methods.get("dream_distillation").build(
        **{**parts, **small, "feature_tap": "hidden", **arguments}
    )


def test_images_minimize_the_distance_of_features():
    source = build().source
    x = np.array([[0.5, -0.5, 1.0]], "float32")
    phi = np.array([[1.0, -2.0]], "float32")
    kernel = source.teacher.get_layer("hidden").kernel
    f = x @ np.asarray(kernel, "float64")
    # Nothing is rectified here.
    expected = np.mean((f - phi) ** 2)
    found = source.loss(tf.constant(x), phi)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_no_data_are_needed_where_metadata_were_recorded():
    teacher = network()
    record = FeatureClusters.record(teacher, X, tap="hidden", clusters=2)
    model = build(teacher=teacher, metadata=record)
    assert model.source.record is record
    images, labels = model.synthesize()
    assert images.shape == (4, 3)
    np.testing.assert_array_equal(labels, record.classes)


def test_arguments_reach_the_clusters():
    record = build(clusters=3, components=1, scale=0.5).source.record
    assert len(record.centroids) == 6
    assert {len(rows) for rows in record.components} <= {0, 1}
    assert record.scale == 0.5


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"metadata": None}, "received metadata=None"),
        ({"feature_tap": "middle"}, "'middle'"),
        ({"clusters": 0}, "clusters must be"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
