import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import CategoricalReturns
from tfkd.losses import LabelLoss
from tfkd.losses.categorical_returns import action_values

# Two actions, atoms 0, 1 and 2; softmax of ln(1, 2, 1) is (1/4, 1/2, 1/4).
LOGITS = np.log(np.float32([[[1, 2, 1], [2, 1, 1]]]))


def values(labels, logits=LOGITS):
    loss = CategoricalReturns(0.0, 2.0, reduction="none")
    return np.array(loss(np.float32(labels), logits))


def test_a_return_between_two_atoms_is_shared_by_them():
    # 1.25 of action 0: 3/4 at atom 1 and 1/4 at atom 2.
    expected = 3 / 4 * np.log(2) + 1 / 4 * np.log(4)
    np.testing.assert_allclose(values([[0, 1.25]]), [expected], rtol=1e-6)
    # Of action 1, atom 0 has probability 1/2.
    np.testing.assert_allclose(values([[1, 0.0]]), [np.log(2)], rtol=1e-6)


def test_returns_beyond_the_atoms_count_as_the_last():
    np.testing.assert_array_equal(values([[0, 9.0]]), values([[0, 2.0]]))


def test_an_action_below_zero_counts_nothing():
    np.testing.assert_array_equal(values([[-1, 1.0]]), [0])


def test_peers_have_it_as_task_loss():
    task = LabelLoss(CategoricalReturns(0.0, 2.0), student_tap="peer")
    task.setup({}, {"peer": keras.KerasTensor((None, 2, 3))})
    labels = np.float32([[0, 1.25], [-1, 0]])
    logits = np.concatenate([LOGITS, LOGITS])
    found = task({}, {"peer": logits}, labels=labels)
    np.testing.assert_allclose(found, values(labels, logits), rtol=1e-6)
    again = LabelLoss.from_config(task.get_config())
    assert again.loss.get_config() == task.loss.get_config()


def test_values_are_means_of_distributions():
    # 1/4 * 0 + 1/2 + 2/4, and 1/2 * 0 + 1/4 + 2/4.
    found = action_values(LOGITS, 0.0, 2.0)
    np.testing.assert_allclose(found, [[1.0, 0.75]], rtol=1e-6)


def test_gradient():
    loss = CategoricalReturns(0.0, 2.0, dtype="float64")
    labels = tf.constant([[0, 1.25], [1, 0.5]], "float64")
    logits = np.random.default_rng(0).normal(size=(2, 2, 3))
    assert_gradient(lambda x: loss.call(labels, x), logits)


def test_extreme_logits_are_finite():
    assert np.all(np.isfinite(values([[0, 1.0]], 1e4 * LOGITS)))


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="low < high"):
        CategoricalReturns(1.0, 1.0)
    with pytest.raises(InputError, match="action and return"):
        values([[0, 1.0]], LOGITS[0])
