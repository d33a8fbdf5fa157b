import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.distillers.turns_test import linear
from tests.distillers.turns_test import weights
from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import SemiSupervisedGame

X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


def generator(outputs=3):
    inputs = keras.Input((2,))
    return keras.Model(inputs, keras.layers.Dense(outputs)(inputs))


def built(student, maker=None, **arguments):
    loss = SemiSupervisedGame(
        generator() if maker is None else maker,
        feature_tap="outputs",
        **arguments,
    )
    loss.attach(None, student)
    shape = keras.KerasTensor((None, 2))
    loss.setup({}, {"logits": shape, "outputs": shape})
    return loss


def fixed(loss):
    """Makes the same images each time."""
    noise = tf.constant(np.random.default_rng(1).normal(size=(4, 2)), "float32")
    loss.make = lambda count: loss.generator(noise, training=True)
    return np.asarray(loss.generator(noise), "float64")


def taps(student, x=X):
    found = student(x)
    return {"logits": found, "outputs": found}


def softplus(x):
    return np.log1p(np.exp(x))


def test_is_the_equation_written_out():
    student = linear(1)
    loss = built(student)
    made = fixed(loss) @ weights(student)
    real = X @ weights(student)
    d_made, d_real = (np.log(np.exp(z).sum(-1)) for z in (made, real))
    expected = (-d_real + softplus(d_real) + softplus(d_made)) / 2
    expected += np.mean((made.mean(0) - real.mean(0)) ** 2)
    np.testing.assert_allclose(
        loss({}, taps(student)), expected, rtol=1e-5, atol=1e-6
    )


def test_the_student_tells_and_the_generator_matches():
    student = linear(1)
    loss = built(student)
    made, w = fixed(loss), weights(student)
    with tf.GradientTape() as tape:
        value = tf.reduce_mean(loss({}, taps(student)))
    kernel = student.trainable_variables[0].value
    bias = loss.generator.trainable_variables[1].value
    own, theirs = tape.gradient(value, [kernel, bias])

    def softmax(z):
        return np.exp(z) / np.exp(z).sum(-1, keepdims=True)

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    # The student's slope is that of the first part: of d it is softmax(z).
    slope = 0.0
    for x, sign in ((X, -1), (made, 1)):
        z = x @ w
        d = np.log(np.exp(z).sum(-1, keepdims=True))
        slope += x.T @ (0.5 * sign * sigmoid(sign * d) * softmax(z)) / 4
    np.testing.assert_allclose(own, slope, rtol=1e-4, atol=1e-6)
    # A generator's bias moves all its images: 2/2 sum_j gap_j w_j.
    gap = (made.mean(0) - X.mean(0)) @ w
    np.testing.assert_allclose(theirs, gap @ w.T, rtol=1e-4, atol=1e-6)


def test_gradients_are_those_of_finite_differences():
    loss = built(linear(1), dtype="float64")
    other = tf.constant([[0.3, -1.0], [2.0, 0.1]], "float64")
    z = np.array([[1.0, -2.0], [0.5, 0.0]])
    assert_gradient(lambda x: tf.reduce_sum(loss.student_values(x, other)), z)
    assert_gradient(lambda x: tf.reduce_sum(loss.student_values(other, x)), z)
    assert_gradient(lambda x: loss.generator_values(other, x), z)


@pytest.mark.parametrize("size", [0.0, 1e4, -1e4, 1e30])
def test_extremes_are_finite(size):
    loss = built(linear(1))
    z = tf.Variable([[size, -size]])
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(loss.student_values(z, -z))
    assert np.isfinite(value)
    assert np.all(np.isfinite(tape.gradient(value, z)))


def test_noise_is_fresh_each_time_and_of_the_seed():
    first, second = (built(linear(1), generator(), seed=3) for _ in range(2))
    second.generator.set_weights(first.generator.get_weights())
    one = np.asarray(first.make(4))
    np.testing.assert_array_equal(second.make(4), one)
    assert not np.allclose(first.make(4), one)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="must make the student's inputs"):
        built(linear(1), generator(4))
    loss = SemiSupervisedGame(generator(), feature_tap="outputs")
    with pytest.raises(InputError, match="needs logits"):
        loss.setup({}, {"logits": keras.KerasTensor((None, 2, 2))})
