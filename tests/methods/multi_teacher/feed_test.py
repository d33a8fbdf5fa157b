import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def cnn(filters=(3, 4), **arguments):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=2,
        filters=filters,
        strides=(1, 2),
        **arguments,
    )


def build(**arguments):
    arguments = {"teacher": [cnn(), cnn()], "student": cnn(), **arguments}
    return methods.get("feed").build(**arguments)


def test_sums_the_distance_from_each_teacher():
    distiller = build(weight=2.0)
    random = np.random.default_rng(0)
    found = expected = 0.0
    x = random.uniform(size=(3, 4, 4, 4)).astype("float32")
    for index, loss in enumerate(distiller.distillation_losses):
        t = random.uniform(size=(3, 4, 4, 4)).astype("float32")
        kernel, bias = loss.student_transform.get_weights()
        # A 3x3 convolution with zero padding and a ReLU, in doubles.
        padded = np.pad(x.astype("float64"), ((0, 0), (1, 1), (1, 1), (0, 0)))
        y = sum(
            padded[:, i : i + 4, j : j + 4] @ kernel[i, j].astype("float64")
            for i in range(3)
            for j in range(3)
        )
        y = np.maximum(y + bias, 0).reshape(3, -1)
        y = y / np.linalg.norm(y, axis=1, keepdims=True)
        target = t.astype("float64").reshape(3, -1)
        target = target / np.linalg.norm(target, axis=1, keepdims=True)
        expected += 2.0 * np.abs(target - y).sum(axis=1)
        taps = {f"{index}/stage2": t}
        found += loss.weight(0) * loss(taps, {"stage2": x})
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_each_teacher_has_a_transform_of_its_own():
    kernels = [
        loss.student_transform.kernel for loss in build().distillation_losses
    ]
    assert len({id(k) for k in kernels}) == 2
    assert not np.array_equal(*kernels)


def test_teachers_may_be_wider_and_larger():
    wide = models.build(
        "resnet", input_shape=(8, 8, 1), num_classes=2, filters=(6,)
    )
    distiller = build(teacher=[cnn(), wide])
    assert distiller.teacher_taps == ("0/stage2", "1/stage1")
    distiller.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    x = np.random.default_rng(0).uniform(size=(8, 8, 8, 1))
    logs = distiller.fit(x, np.arange(8) % 2, epochs=4, verbose=0).history
    assert logs["feed_1"][-1] < logs["feed_1"][0]


def test_bad_arguments_are_errors():
    mlp = models.build("mlp", input_shape=(8, 8, 1), num_classes=2)
    with pytest.raises(InputError, match="needs maps"):
        build(teacher=[cnn(), mlp])
    with pytest.raises(InputError, match="needs maps"):
        build(student_tap="embedding")
    with pytest.raises(InputError, match="no_such"):
        build(teacher_tap="no_such")
    with pytest.raises(InputError, match="weight"):
        build(weight=-1.0)
