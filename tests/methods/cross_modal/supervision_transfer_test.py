import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.transforms import Identity
from tfkd.transforms import Regressor

RANDOM = np.random.default_rng(0)


def cnn(channels=1, filters=(3, 4)):
    return models.build(
        "cnn",
        input_shape=(8, 8, channels),
        num_classes=2,
        filters=filters,
        strides=(1, 2),
    )


def build(**arguments):
    arguments = {"teacher": cnn(3), "student": cnn(1), **arguments}
    return methods.get("supervision_transfer").build(**arguments)


def only(distiller):
    (loss,) = distiller.distillation_losses
    return loss


def test_is_the_squared_distance_of_features():
    # (1 - 3)^2 + (2 - 0)^2 = 8; the mean of two is 4.
    teacher = {"stage2": np.array([1.0, 2.0], "float32").reshape(1, 1, 1, 2)}
    student = {"stage2": np.array([3.0, 0.0], "float32").reshape(1, 1, 1, 2)}
    for reduce, expected in (("sum", 8.0), ("mean", 4.0)):
        loss = only(build(reduce=reduce))
        np.testing.assert_allclose(loss(teacher, student), [expected], 1e-6)


def test_the_linear_map_is_the_students():
    loss = only(build(teacher=cnn(3, (3, 6)), reduce="sum"))
    t = RANDOM.normal(size=(2, 4, 4, 6)).astype("float32")
    s = RANDOM.normal(size=(2, 4, 4, 4)).astype("float32")
    kernel, bias = loss.student_transform.get_weights()
    mapped = s.astype("float64") @ kernel + bias
    expected = np.sum((t - mapped) ** 2, axis=(1, 2, 3))
    found = loss({"stage2": t}, {"stage2": s})
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_map_is_there_where_shapes_differ_or_it_is_asked_for():
    assert isinstance(only(build()).student_transform, Identity)
    loss = only(build(teacher=cnn(3, (3, 6))))
    assert isinstance(loss.student_transform, Regressor)
    loss = only(build(linear_map=True))
    assert isinstance(loss.student_transform, Regressor)


def test_paired_views_of_two_modalities_teach_without_labels():
    keras.utils.set_random_seed(0)
    depth = RANDOM.uniform(size=(16, 8, 8, 1)).astype("float32")
    rgb = np.concatenate([depth, 1 - depth, depth**2], axis=-1)
    distiller = build(reduce="mean")
    before = distiller.teacher.model.get_weights()
    distiller.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    x = {"student": depth, "teacher": rgb}
    logs = distiller.fit(x, np.full(16, -1), epochs=8, verbose=0).history
    loss = logs["supervision_transfer"]
    assert loss[-1] < 0.9 * loss[0]
    for old, new in zip(before, distiller.teacher.model.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="tensors of one shape"):
        build(teacher=cnn(3, (3, 6)), linear_map=False)
    with pytest.raises(InputError, match="keeps the rank"):
        build(teacher_tap="embedding")
    with pytest.raises(InputError, match="reduce 'mean' or 'sum'"):
        build(reduce="max")
    with pytest.raises(InputError, match="no_such"):
        build(student_tap="no_such")
    with pytest.raises(InputError, match="weight"):
        build(weight=-1.0)
