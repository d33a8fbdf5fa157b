import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import ClassConfusions

NAMES = ("a", "b")


def values(loss, first, second, y, other):
    return loss(
        {}, {"a": first, "b": second}, labels={"a": y, "b": other}, step=0
    )


def log(*rows):
    return np.log(np.array(rows, "float32"))


def test_divergence_of_the_mean_logits_of_each_class():
    # T = 1. Class 0: one pixel each, (1/2, 1/2) and (1/4, 3/4). Class 1: in a
    # the mean of log (4, 1) and log (1, 4) is that of (1/2, 1/2); in b also.
    first = log([1, 1], [4, 1], [1, 4])[None]
    second = log([1, 3], [1, 1], [9, 9])[None]
    y, other = np.array([[0, 1, 1]]), np.array([[0, 1, 1]])
    kl = 0.5 * np.log(0.5 / 0.25) + 0.5 * np.log(0.5 / 0.75)
    back = 0.25 * np.log(0.25 / 0.5) + 0.75 * np.log(0.75 / 0.5)
    loss = ClassConfusions(names=NAMES, temperature=1.0)
    found = values(loss, first, second, y, other)
    np.testing.assert_allclose(found, [(kl + back) / 2 / 2], rtol=1e-5)


def test_classes_that_one_modality_lacks_count_nothing():
    random = np.random.default_rng(0)
    first, second = random.normal(size=(2, 2, 3, 3)).astype("float32")
    loss = ClassConfusions(names=NAMES)
    y = np.array([[0, 0, 1], [1, 0, -1]])
    few = values(loss, first, second, y, np.array([[0, -1, 2], [0, 2, 2]]))
    mean = [first[y == 0].mean(0), second[[0, 1], [0, 0]].mean(0)]
    p, q = (np.exp(m / 2) / np.exp(m / 2).sum() for m in mean)
    expected = 0.5 * np.sum((p - q) * np.log(p / q))
    np.testing.assert_allclose(few, [expected] * 2, rtol=1e-5)
    none = values(loss, first, second, np.full((2, 3), -1), y)
    np.testing.assert_array_equal(none, [0.0, 0.0])


def test_gradient():
    random = np.random.default_rng(0)
    y, other = random.integers(0, 2, (2, 2, 3))
    other_logits = random.normal(size=(2, 3, 2))
    loss = ClassConfusions(names=NAMES, dtype="float64")
    assert_gradient(
        lambda z: values(loss, z, tf.constant(other_logits), y, other),
        random.normal(size=(2, 3, 2)),
    )


@pytest.mark.parametrize("scale", [1e4, 1e-8])
def test_extremes_are_finite(scale):
    random = np.random.default_rng(0)
    z = tf.constant(scale * random.normal(size=(2, 2, 3, 2)), "float32")
    y = random.integers(0, 2, (2, 3))
    loss = ClassConfusions(names=NAMES)
    with tf.GradientTape() as tape:
        tape.watch(z)
        value = values(loss, z[0], z[1], y, y)
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(tape.gradient(value, z)))


def test_round_trip():
    loss = ClassConfusions(names=NAMES, student_taps=("x", "y"))
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="compares two modalities"):
        ClassConfusions(names=("a", "b", "c"))
    with pytest.raises(InputError, match="temperature must be"):
        ClassConfusions(names=NAMES, temperature=0.0)
    loss = ClassConfusions(names=NAMES)
    specs = {n: keras.KerasTensor((None, 4, c)) for n, c in zip(NAMES, (2, 3))}
    with pytest.raises(InputError, match="logits of the same classes"):
        loss.setup({}, specs)
    z = np.zeros((1, 2, 2), "float32")
    with pytest.raises(InputError, match="needs labels of each modality"):
        loss({}, {"a": z, "b": z}, labels=np.zeros((1, 2)))
