import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.distances import L21Distance
from tfkd.errors import InputError


def test_is_the_sum_of_column_norms():
    # Columns of the difference: (3, 4) and (0, 2), norms 5 and 2.
    student = np.array([[[3.0, 0.0], [4.0, 2.0]]], "float32")
    found = L21Distance(axis=1).call(np.zeros_like(student), student)
    np.testing.assert_allclose(found, [7.0], rtol=1e-6)
    # Rows: (3, 0) and (4, 2).
    rows = L21Distance(axis=2).call(np.zeros_like(student), student)
    np.testing.assert_allclose(rows, [3 + np.sqrt(20)], rtol=1e-6)
    mean = L21Distance(reduce="mean").call(np.zeros_like(student), student)
    np.testing.assert_allclose(mean, [3.5], rtol=1e-6)


def test_rejects_other_reductions():
    with pytest.raises(InputError, match="needs reduce"):
        L21Distance(reduce="max")


def test_gradient_is_zero_where_columns_agree():
    teacher = tf.constant([[[1.0, 2.0], [3.0, 4.0]]])
    with tf.GradientTape() as tape:
        tape.watch(teacher)
        value = L21Distance().call(tf.identity(teacher), teacher)
    np.testing.assert_array_equal(tape.gradient(value, teacher), 0)


def test_gradient_agrees_with_finite_differences():
    random = np.random.default_rng(0)
    teacher, student = random.normal(size=(2, 2, 3, 4))
    distance = L21Distance(dtype="float64")
    assert_gradient(lambda s: distance.call(teacher, s), student)


def test_config_round_trip():
    distance = L21Distance(axis=2, reduce="mean")
    config = keras.saving.serialize_keras_object(distance)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == distance.get_config()


def test_groups_do_not_run_over_the_batch():
    with pytest.raises(InputError, match="other than 0"):
        L21Distance(axis=0)
