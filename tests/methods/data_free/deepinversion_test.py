import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(filters=(2, 3), **arguments):
    return models.build(
        "cnn",
        input_shape=(4, 4, 1),
        num_classes=3,
        filters=filters,
        strides=(2, 2),
        **arguments,
    )


def build(**arguments):
    parts = {"teacher": network((3, 4)), "student": network()}
    small = {"value_range": (-1, 1), "steps": 3, "examples": 4}
    return methods.get("deepinversion").build(**{**parts, **small, **arguments})


def test_images_lower_the_equation():
    # tests/sources/input_optimizer_test.py writes the terms out.
    teacher = network((3, 4))
    random = np.random.default_rng(0)
    teacher.get_layer("stage1_bn").moving_mean.assign(random.normal(size=3))
    targets = np.eye(3, dtype="float32")

    def value(steps):
        model = build(teacher=teacher, steps=steps, jitter=0, flip=False)
        images = model.source.optimize(targets)
        return float(model.source.loss(tf.constant(images), targets))

    assert value(100) < 0.7 * value(1)


def test_the_student_learns_softened_classes():
    (loss,) = build(temperature=2.0).distillation_losses
    z = np.array([[2 * np.log(2), 0.0, 0.0]], "float32")
    # 2^2 KL((1/2, 1/4, 1/4) || uniform)
    found = loss({"logits": z}, {"logits": np.zeros_like(z)})
    expected = 4 * (np.log(3) - 1.5 * np.log(2))
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_the_adaptive_variant_depends_on_the_student():
    student = network()
    model = build(student=student, competition=10.0)
    images = model.source.make(3)[0]
    student.get_layer("logits").bias.assign([3.0, 0.0, -3.0])
    assert not np.array_equal(model.source.make(3)[0], images)
    model = build(student=student)
    assert not model.source.adaptive


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"examples": 0}, "examples must be"),
        ({"statistics": -1.0}, "statistics must be"),
        ({"value_range": (0, float("inf"))}, "low < high"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_a_teacher_without_batch_normalization_is_named():
    teacher = network(batch_normalization=False)
    with pytest.raises(InputError, match="must have BatchNormalization"):
        build(teacher=teacher)
    inputs = keras.Input((4, 4, 1))
    nested = keras.Model(inputs, network()(inputs))
    assert len(build(teacher=nested).source._layers) == 2
