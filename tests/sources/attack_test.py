import numpy as np
import pytest
import tensorflow as tf

from tfkd.sources import attack as lib


def test_the_gradient_is_that_of_the_sum_of_the_first():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    slope, found = lib.gradient(lambda v: (tf.reduce_sum(v**2, -1), 7), x)
    np.testing.assert_allclose(slope, [[2.0, 4.0], [6.0, 8.0]])
    assert found[1] == 7
    slope, values = lib.gradient(lambda v: 3 * v, x)
    np.testing.assert_allclose(slope, np.full((2, 2), 3.0))
    np.testing.assert_allclose(values, 3 * x)


def test_a_column_has_the_rank_of_the_inputs():
    found = lib.column(tf.constant([1.0, 2.0]), tf.zeros((2, 3, 4)))
    assert found.shape == (2, 1, 1)


def test_what_an_attack_finds_is_its_own():
    with pytest.raises(NotImplementedError, match="Attack must implement"):
        lib.Attack(value_range=(0, 1)).find(
            None, None, labels=None, teacher=None, student=None
        )
