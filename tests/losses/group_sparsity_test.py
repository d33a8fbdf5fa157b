import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd import models
from tfkd.errors import InputError
from tfkd.losses import GroupSparsity
from tfkd.losses.group_sparsity import filter_norms


def network():
    return models.build(
        "cnn",
        input_shape=(4, 4, 1),
        num_classes=2,
        filters=(2, 3),
        strides=(1, 2),
    )


def attached(student, **arguments):
    loss = GroupSparsity(**arguments)
    loss.attach(None, student)
    loss.setup({}, {})
    return loss


def test_is_the_sum_of_filters_norms_for_every_example():
    student = network()
    kernel = np.zeros((3, 3, 1, 2))
    # Norms 5 and 2.
    kernel[0, 0, 0] = [3, 2]
    kernel[1, 2, 0, 0] = 4
    student.get_layer("stage1_conv").kernel.assign(kernel)
    loss = attached(student, layers=("stage1_conv",))
    found = loss({}, {"outputs": np.zeros((3, 2), "float32")})
    np.testing.assert_allclose(found, [7.0, 7.0, 7.0], rtol=1e-6)


def test_without_names_it_is_about_filters_that_can_be_removed():
    student = network()
    norms = [
        np.linalg.norm(
            np.reshape(student.get_layer(name).kernel, (-1, width)), axis=0
        )
        for name, width in (("stage1_conv", 2), ("stage2_conv", 3))
    ]
    found = attached(student).penalty()
    np.testing.assert_allclose(found, sum(n.sum() for n in norms), rtol=1e-5)


def test_the_gradient_is_the_direction_of_each_filter():
    assert_gradient(filter_norms, np.random.default_rng(0).normal(size=(2, 3)))
    kernel = tf.Variable(np.zeros((2, 2), "float32"))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(filter_norms(kernel))
    np.testing.assert_array_equal(
        tape.gradient(total, kernel), np.zeros((2, 2))
    )


def test_it_is_saved_by_name():
    again = GroupSparsity.from_config(
        GroupSparsity(layers=("a", "b"), weight=0.5).get_config()
    )
    assert again.layers == ("a", "b")


def test_a_mistake_is_our_error():
    with pytest.raises(InputError, match="'stage1_conv'"):
        attached(network(), layers=("stage1_con",))
    with pytest.raises(InputError, match="no layer with a kernel"):
        attached(network(), layers=("stage1_bn",))
    inputs = keras.Input((3,))
    with pytest.raises(InputError, match="must have convolutions"):
        attached(keras.Model(inputs, keras.layers.Dense(2)(inputs)))
