import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import RandomShare
from tfkd.losses.random_share import mean_of
from tfkd.transforms import Identity


def made(share, seed=0, dtype="float32", **arguments):
    part = FeatureMatch(
        teacher_tap="t",
        student_tap="s",
        teacher_transform=Identity(dtype=dtype),
        student_transform=Identity(dtype=dtype),
        dtype=dtype,
        **arguments,
    )
    loss = RandomShare(part, share=share, seed=seed, dtype=dtype)
    spec = keras.KerasTensor((None, 1))
    loss.setup({"t": spec}, {"s": spec})
    return loss


def values(loss, count=1000):
    t = np.zeros((count, 1), "float32")
    return np.array(loss({"t": t}, {"s": t + 2}))


def test_the_mean_is_that_of_the_chosen():
    # Two of four count: 4 / 2 times 1 and 5; their mean is that of 1 and 5.
    values = tf.constant([1.0, 3.0, 5.0, 7.0])
    found = mean_of(values, np.array([1, 0, 1, 0]))
    np.testing.assert_array_equal(found, [2, 0, 10, 0])
    none = mean_of(values, np.zeros(4))
    np.testing.assert_array_equal(none, 0)


def test_a_share_of_the_batch_counts_anew_at_each_step():
    # Squares of 2 are 4.
    loss = made(0.25)
    first, second = values(loss), values(loss)
    np.testing.assert_allclose(first.mean(), 4, rtol=1e-5)
    assert 0.2 < np.mean(first > 0) < 0.3
    assert np.any((first > 0) != (second > 0))
    assert np.any((values(made(0.25, seed=1)) > 0) != (first > 0))
    np.testing.assert_array_equal(values(made(0.25)), first)


def test_all_of_the_batch_is_the_loss_itself():
    np.testing.assert_allclose(values(made(1.0, weight=0.5)), 2, rtol=1e-6)


def test_gradient():
    t, s = np.random.default_rng(0).normal(size=(2, 3, 1))
    loss = made(1.0, dtype="float64")
    assert_gradient(lambda x: loss({"t": tf.constant(t)}, {"s": x}), s)


@pytest.mark.parametrize("share", [0.0, 1.5, float("nan")])
def test_a_share_out_of_range_is_our_error(share):
    with pytest.raises(InputError, match="share of a RandomShare"):
        made(share)


def test_it_can_be_made_again_from_its_config():
    loss = made(0.25, seed=3, weight=0.5)
    again = RandomShare.from_config(loss.get_config())
    spec = keras.KerasTensor((None, 1))
    again.setup({"t": spec}, {"s": spec})
    np.testing.assert_array_equal(values(again), values(loss))
