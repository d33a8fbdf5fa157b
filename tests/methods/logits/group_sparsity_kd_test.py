import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.models.prune_channels import prune_channels
from tfkd.models.prune_channels import select

X, Y = cases.images(8)
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def build(**arguments):
    keras.utils.set_random_seed(0)
    arguments.setdefault("teacher", cases.teacher())
    arguments.setdefault("student", cases.student())
    return methods.get("group_sparsity_kd").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def norms(model, name):
    kernel = np.asarray(model.get_layer(name).kernel, "float64")
    return np.sqrt(np.sum(kernel**2, axis=(0, 1, 2)))


def test_total_is_the_equation():
    model = build(
        sparsity_weight=0.01, temperature=2.0, weight=0.6, task_weight=0.4
    )
    model.compile(keras.optimizers.SGD(0.0), LOSS)
    t = np.asarray(model.teacher(X)["logits"], "float64")
    s = np.asarray(model(X, training=True)["logits"], "float64")
    q, p = softmax(t / 2), softmax(s / 2)
    expected = 0.4 * -np.mean(np.log(softmax(s)[np.arange(8), Y]))
    expected += 0.6 * 4 * np.mean(np.sum(q * np.log(q / p), axis=1))
    names = [f"stage{n}_conv" for n in (1, 2, 3)]
    lasso = sum(norms(model.student, name).sum() for name in names)
    logs = model.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(logs["group_sparsity"], lasso, rtol=1e-5)
    np.testing.assert_allclose(logs["loss"], expected + 0.01 * lasso, rtol=1e-4)


def test_weak_filters_vanish_and_the_network_shrinks():
    model = build(sparsity_weight=0.3, task_weight=0.0, layers=("stage2_conv",))
    before = norms(model.student, "stage2_conv")
    model.compile(keras.optimizers.Adam(0.01), LOSS)
    model.fit(X, Y, epochs=80, verbose=0)
    after = norms(model.student, "stage2_conv")
    assert np.min(after) < 0.05 * np.min(before)
    kept = select(model.student, threshold=0.1)
    small = prune_channels(model.student, {"stage2_conv": kept["stage2_conv"]})
    assert small.count_params() < model.student.count_params()
    assert small(X).shape == (8, 4)


def test_a_student_without_convolutions_is_our_error():
    mlp = models.build(
        "mlp", input_shape=cases.SHAPE, num_classes=4, units=(4,)
    )
    with pytest.raises(InputError, match="must have convolutions"):
        build(student=mlp)


def test_a_negative_weight_is_our_error():
    with pytest.raises(InputError, match="weight must be"):
        build(sparsity_weight=-1.0)
