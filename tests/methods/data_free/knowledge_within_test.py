import numpy as np
import pytest
import tensorflow as tf

from tests.methods.data_free.deepinversion_test import network
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    parts = {"teacher": network((3, 4)), "student": network()}
    small = {"value_range": (-1, 1), "steps": 3, "examples": 4}
    return methods.get("knowledge_within").build(
        **{**parts, **small, **arguments}
    )


def test_images_minimize_divergence_and_cross_entropy():
    # tests/sources/input_optimizer_test.py writes the divergence out.
    source = build(statistics=0.0, classification=2.0).source
    x = np.random.default_rng(0).uniform(-1, 1, (2, 4, 4, 1)).astype("float32")
    y = np.eye(3, dtype="float32")[:2]
    z = np.asarray(source.teacher(x), "float64")
    log_p = z - np.log(np.exp(z).sum(-1, keepdims=True))
    found = source.loss(tf.constant(x), y)
    np.testing.assert_allclose(found, -2 * np.mean(log_p[[0, 1], [0, 1]]), 1e-5)


def test_made_images_have_the_teachers_statistics():
    teacher = network((3, 4))
    random = np.random.default_rng(1)
    layer = teacher.get_layer("stage1_bn")
    layer.moving_mean.assign(0.2 * random.normal(size=3))
    layer.moving_variance.assign(random.uniform(0.1, 0.3, 3))
    y = np.eye(3, dtype="float32")

    def gap(steps):
        model = build(
            teacher=teacher, steps=steps, classification=0.0, learning_rate=0.05
        )
        images = model.source.optimize(y)
        return float(model.source.loss(tf.constant(images), y))

    assert gap(100) < 0.5 * gap(1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"classification": -1.0}, "classification must be"),
        ({"examples": 0}, "examples must be"),
        (
            {"teacher": network(batch_normalization=False)},
            "must have BatchNormalization",
        ),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
