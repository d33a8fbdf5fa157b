import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import TemporalEnsemble


def made(size=3, **arguments):
    loss = TemporalEnsemble(size=size, **arguments)
    loss.setup({}, {"logits": keras.KerasTensor((None, 2))})
    return loss


def values(loss, p, index):
    return loss({}, {"logits": tf.math.log(tf.constant(p))}, index=index)


def test_the_target_is_the_average_of_earlier_answers():
    loss = made(momentum=0.5)
    index = np.array([2])
    found = [
        float(values(loss, np.float32([[p, 1 - p]]), index)[0])
        for p in (0.5, 0.75, 0.25)
    ]
    # Z = 1/4, then 1/8 + 3/8 = 1/2; targets (1/4) / (1/2) = 1/2 and
    # (1/2) / (3/4) = 2/3, away from 3/4 and 1/4 in both classes.
    expected = [0.0, (1 / 4) ** 2, (2 / 3 - 1 / 4) ** 2]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(loss.seen, [0, 0, 3])


def test_examples_do_not_share_a_memory():
    loss = made()
    values(loss, np.float32([[0.5, 0.5]]), np.array([0]))
    found = values(
        loss, np.float32([[0.75, 0.25], [0.75, 0.25]]), np.array([1, 0])
    )
    np.testing.assert_allclose(found, [0.0, 1 / 16], rtol=1e-5)


def test_gradient_agrees_with_finite_differences():
    loss = made(dtype="float64")
    index = np.array([0, 1])
    random = np.random.default_rng(0)
    loss({}, {"logits": tf.constant(random.normal(size=(2, 2)))}, index=index)
    memory, seen = np.array(loss.memory), np.array(loss.seen)

    def function(z):
        loss.memory.assign(memory)
        loss.seen.assign(seen)
        return loss({}, {"logits": z}, index=index)

    assert_gradient(function, random.normal(size=(2, 2)))


def test_extreme_logits_stay_finite():
    loss = made()
    for scale in (1e4, -1e4):
        z = tf.constant(np.float32([[scale, 0.0]]))
        with tf.GradientTape() as tape:
            tape.watch(z)
            value = loss({}, {"logits": z}, index=np.array([0]))
        assert np.isfinite(value[0])
        assert np.all(np.isfinite(tape.gradient(value, z)))
    # Sure of one class, then of the other: 1 in both.
    np.testing.assert_allclose(value, [1.0], rtol=1e-5)


def test_an_index_outside_makes_a_compiled_loss_nan():
    loss = made()
    found = tf.function(lambda i: values(loss, np.float32([[0.5, 0.5]]), i))
    assert np.isnan(found(tf.constant([7]))[0])


def test_round_trip():
    again = TemporalEnsemble.from_config(made(momentum=0.9).get_config())
    assert (again.size, again.momentum) == (3, 0.9)


@pytest.mark.parametrize("arguments", [{"size": 0}, {"momentum": 1.0}])
def test_arguments_out_of_range_are_our_error(arguments):
    with pytest.raises(InputError, match="TemporalEnsemble needs"):
        made(**arguments)


def test_maps_are_our_error():
    with pytest.raises(InputError, match="remembered as vectors"):
        TemporalEnsemble(size=2).setup(
            {}, {"logits": keras.KerasTensor((None, 4, 4, 2))}
        )
