import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import CrossedLayers
from tfkd.teachers import FrozenTeacher


def network(kernel, activation="relu"):
    """Two dense layers of one unit each without biases."""
    inputs = keras.Input((1,))
    first = keras.layers.Dense(1, use_bias=False, name="first")
    second = keras.layers.Dense(
        1, use_bias=False, activation=activation, name="second"
    )
    model = keras.Model(inputs, second(first(inputs)))
    model.set_weights([np.array([[1.0]]), np.array([[kernel]])])
    return model


def crossed(teacher, student, **arguments):
    loss = CrossedLayers(
        teacher_layer="second", student_layer="second", **arguments
    )
    teacher = FrozenTeacher(teacher)
    loss.attach(teacher, student)
    spec = keras.KerasTensor((None, 1))
    loss.setup({"second:input": spec}, {"second:input": spec})
    return loss


def value(loss, theirs, own):
    return loss({"second:input": theirs}, {"second:input": own})


def test_is_the_papers_equation():
    loss = crossed(network(3.0), network(1.0), correction=0.25)
    theirs, own = np.array([[2.0], [-1.0]]), np.array([[1.0], [5.0]])
    # (3 h - h)^2 = 4 h^2: 0.25 * 16 + 0.75 * 4 and 0.25 * 4 + 0.75 * 100,
    # also where the activation would hide it.
    np.testing.assert_allclose(value(loss, theirs, own), [7.0, 76.0])


def test_the_soft_variant_mixes_what_both_receive():
    loss = crossed(network(3.0), network(1.0), mixing=(0.75, 0.5))
    theirs, own = np.array([[2.0], [-1.0]]), np.array([[1.0], [5.0]])
    # g_t = 1.75 and 0.5, g_s = 1.5 and 2: (3 g_t - g_s)^2 = 3.75^2, 0.5^2.
    found = value(loss, theirs, own)
    np.testing.assert_allclose(found, [3.75**2, 0.25], rtol=1e-6)
    # With nothing mixed each layer sees its own: (6 - 1)^2 and (-3 - 5)^2.
    alone = crossed(network(3.0), network(1.0), mixing=(1, 1))
    np.testing.assert_allclose(value(alone, theirs, own), [25.0, 64.0])


def test_only_the_students_layer_has_a_gradient():
    student = network(1.0, activation=None)
    loss = crossed(network(3.0, activation=None), student, correction=0.5)
    theirs, own = tf.constant([[2.0]]), tf.Variable([[4.0]])
    with tf.GradientTape() as tape:
        total = value(loss, theirs, own)
    kernel = student.get_layer("second").kernel
    gradients = tape.gradient(total, [kernel.value, own])
    # d/dw [(3 - w)^2 (0.5 * 4 + 0.5 * 16)] = -2 (3 - w) * 10.
    np.testing.assert_allclose(gradients[0], [[-40.0]])
    assert gradients[1] is None


def test_the_gradient_is_that_of_finite_differences():
    def total(w):
        theirs, own = np.array([[0.5, 2.0]]), np.array([[1.0, -3.0]])
        kernel = tf.constant([[2.0], [1.0]], "float64")
        errors = [
            tf.reduce_mean(tf.square(h @ kernel - h @ w)) for h in (theirs, own)
        ]
        return 0.6 * errors[0] + 0.4 * errors[1]

    assert_gradient(total, np.array([[0.3], [-0.7]]))
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(1, use_bias=False, name="d")]
    )
    teacher = keras.models.clone_model(model)
    teacher.set_weights([np.array([[2.0], [1.0]])])
    model.set_weights([np.array([[0.3], [-0.7]])])
    loss = CrossedLayers(teacher_layer="d", student_layer="d")
    loss.attach(FrozenTeacher(teacher), model)
    spec = {"d:input": keras.KerasTensor((None, 2))}
    loss.setup(spec, spec)
    with tf.GradientTape() as tape:
        found = loss(
            {"d:input": np.array([[0.5, 2.0]], "float32")},
            {"d:input": np.array([[1.0, -3.0]], "float32")},
        )
    w = tf.constant([[0.3], [-0.7]], "float64")
    with tf.GradientTape() as oracle:
        oracle.watch(w)
        expected = total(w)
    np.testing.assert_allclose(found, [expected], rtol=1e-5)
    np.testing.assert_allclose(
        tape.gradient(found, model.layers[-1].kernel.value),
        oracle.gradient(expected, w),
        rtol=1e-5,
    )


def test_it_is_saved_by_name():
    loss = CrossedLayers(
        teacher_layer="a/b",
        student_layer="b",
        correction=0.1,
        mixing=(0.5, 1),
        weight=2.0,
    )
    again = CrossedLayers.from_config(loss.get_config())
    assert again.teacher_taps == ("a/b:input",)
    assert (again.correction, again.mixing) == (0.1, (0.5, 1.0))


def test_a_mistake_is_our_error():
    with pytest.raises(InputError, match="correction must be"):
        CrossedLayers(teacher_layer="a", student_layer="a", correction=2)
    with pytest.raises(InputError, match="mixing must be two shares"):
        CrossedLayers(teacher_layer="a", student_layer="a", mixing=(0.5, 2))
    loss = CrossedLayers(teacher_layer="frist", student_layer="second")
    with pytest.raises(InputError, match="'first'"):
        loss.attach(FrozenTeacher(network(1.0)), network(1.0))
    wide = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(2, name="second")]
    )
    with pytest.raises(InputError, match="must have the same shapes"):
        crossed(network(1.0), wide)
