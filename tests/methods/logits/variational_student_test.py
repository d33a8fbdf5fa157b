import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import variational as lib

X, Y = cases.images(8)
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def build(**arguments):
    keras.utils.set_random_seed(0)
    arguments.setdefault("teacher", cases.teacher())
    arguments.setdefault("student", lib.variational(cases.student()))
    return methods.get("variational_student").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def divergence(layer):
    """The paper's approximation, in NumPy."""
    square = np.square(np.asarray(layer.kernel, "float64")) + 1e-8
    log_a = np.asarray(layer.log_variance, "float64") - np.log(square)
    log_a = np.clip(log_a, -8, 8)
    s = 1 / (1 + np.exp(-(1.87320 + 1.48695 * log_a)))
    return np.sum(0.63576 * (1 - s) + 0.5 * np.log1p(np.exp(-log_a)))


def test_total_is_the_equation():
    student = lib.variational(cases.student())
    # Without noise, sampled outputs are those of the means.
    for layer in lib.variational_layers(student):
        layer.log_variance.assign(np.full(layer.kernel.shape, -30.0))
    model = build(
        student=student,
        kl_weight=0.01,
        temperature=2.0,
        weight=0.6,
        task_weight=0.4,
    )
    model.compile(keras.optimizers.SGD(0.0), LOSS)
    kl = sum(divergence(layer) for layer in lib.variational_layers(student))
    t = np.asarray(model.teacher(X)["logits"], "float64")
    logs = model.train_on_batch(X, Y, return_dict=True)
    # Batch normalizations learn the batch's statistics: read the logits so.
    extractor = model._untracked.extractor
    s = np.asarray(extractor(X, training=True)["logits"], "float64")
    q, p = softmax(t / 2), softmax(s / 2)
    expected = 0.4 * -np.mean(np.log(softmax(s)[np.arange(8), Y]))
    expected += 0.6 * 4 * np.mean(np.sum(q * np.log(q / p), axis=1))
    np.testing.assert_allclose(logs["loss"], expected + 0.01 * kl, rtol=1e-3)


def test_weights_go_and_the_plain_student_stays():
    model = build(kl_weight=0.05, task_weight=1.0)
    model.compile(keras.optimizers.Adam(0.05), LOSS)
    before = lib.sparsity(model.student)
    model.fit(X, Y, epochs=60, verbose=0)
    assert lib.sparsity(model.student) > before + 0.3
    plain = lib.strip(model.student)
    np.testing.assert_allclose(plain(X), model.student(X), atol=1e-4)


def test_a_weight_of_the_layers_stays_unless_one_is_given():
    student = lib.variational(cases.student(), kl_weight=0.125)
    build(student=student)
    assert {n.kl_weight for n in lib.variational_layers(student)} == {0.125}
    build(student=student, kl_weight=0.5)
    assert {n.kl_weight for n in lib.variational_layers(student)} == {0.5}


def test_a_plain_student_is_our_error():
    with pytest.raises(InputError, match="must have variational layers"):
        build(student=cases.student())


def test_a_negative_weight_is_our_error():
    with pytest.raises(InputError, match="kl_weight must be"):
        build(kl_weight=-0.1)
