import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.models.quantized import quantized

X, Y = cases.images(8)
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def build(**arguments):
    keras.utils.set_random_seed(0)
    arguments.setdefault("teacher", cases.teacher())
    arguments.setdefault("student", quantized(cases.student()))
    return methods.get("apprentice").build(**arguments)


def log_softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))


def cross_entropy(labels, log_p):
    return -np.mean(log_p[np.arange(len(labels)), labels])


def read(model, tap):
    return np.asarray(model(X, training=True)[tap], "float64")


@pytest.mark.parametrize("scheme", ["B", "C"])
def test_schemes_of_a_trained_teacher_are_the_equation(scheme):
    model = build(scheme=scheme)
    model.compile(keras.optimizers.SGD(0.0), LOSS)
    read(model, "logits")  # The ranges of activations are known now.
    p = log_softmax(read(model, "logits"))
    q = log_softmax(np.asarray(model.teacher(X)["logits"], "float64"))
    soft = np.mean(np.sum(np.exp(q) * (q - p), axis=1))
    logs = model.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(logs["soft_targets"], soft, rtol=1e-4)
    expected = 0.5 * cross_entropy(Y, p) + 0.5 * soft
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_scheme_a_trains_both_and_is_the_equation():
    teacher = cases.teacher()
    model = build(scheme="A", teacher=teacher)
    model.compile(keras.optimizers.SGD(0.1), LOSS)
    read(model, "logits")
    q, p = (log_softmax(read(model, tap)) for tap in ("peer1", "logits"))
    soft = np.mean(np.sum(np.exp(q) * (q - p), axis=1))
    expected = cross_entropy(Y, q) + 0.5 * cross_entropy(Y, p) + 0.5 * soft
    before = np.array(teacher.get_layer("logits").kernel)
    logs = model.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)
    assert np.any(before != np.array(teacher.get_layer("logits").kernel))


def test_the_teacher_learns_nothing_from_the_apprentice():
    teacher = cases.teacher()
    model = build(scheme="A", teacher=teacher, teacher_weight=0.0)
    model.compile(keras.optimizers.SGD(0.1), LOSS)
    before = np.array(teacher.get_layer("logits").kernel)
    model.train_on_batch(X, Y)
    np.testing.assert_array_equal(before, teacher.get_layer("logits").kernel)


def test_the_student_has_three_weights_a_layer():
    model = build()
    model.compile("adam", LOSS)
    model.fit(X, Y, verbose=0)
    layer = model.student.get_layer("stage2_conv")
    assert len(np.unique(layer.rounded_kernel())) == 3
    assert len(np.unique(layer.kernel)) > 3


def test_a_student_of_full_precision_is_our_error():
    with pytest.raises(InputError, match="must have quantized layers"):
        build(student=cases.student())


def test_an_unknown_scheme_is_our_error():
    with pytest.raises(InputError, match="no scheme of apprentice named 'D'"):
        build(scheme="D")


def test_scheme_a_needs_a_model_to_train():
    with pytest.raises(InputError, match="keras.Model"):
        build(scheme="A", teacher=[1])
