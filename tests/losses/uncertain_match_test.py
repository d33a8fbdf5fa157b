import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import UncertainMatch


def build(teacher=(None, 2), student=(None, 3), **arguments):
    loss = UncertainMatch(teacher_tap="t", student_tap="s", **arguments)
    loss.setup(
        {"t": keras.KerasTensor(teacher)}, {"s": keras.KerasTensor(student)}
    )
    return loss


def softplus(x):
    return np.log1p(np.exp(x))


def test_likelihood_with_a_variance_an_example():
    loss = build()
    kernel = np.float32([[1, 0], [0, 1], [0, 0]])
    loss.mean.set_weights([kernel, np.zeros(2)])
    loss.slope.assign([0.0, 0.0, 2.0])
    loss.offset.assign(-1.0)
    t = np.float32([[1, 1], [1, 1]])
    s = np.float32([[0, 3, 0], [0, 3, 1]])
    # Both err by 1/2 (1 + 4); the third feature says how unsure.
    variance = softplus(np.array([-1.0, 1.0])) + 1e-3
    expected = 0.5 * (2.5 / variance + np.log(variance))
    found = loss({"t": t}, {"s": s})
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_starts_with_one_variance_for_all():
    loss = build((None, 2, 2, 4), (None, 4, 4, 3), initial_variance=2.0)
    s = np.random.default_rng(0).normal(size=(5, 4, 4, 3)).astype("float32")
    np.testing.assert_allclose(loss.variance(s), [2.0] * 5, rtol=1e-5)


def test_the_first_variance_may_be_large():
    loss = build(initial_variance=1e4)
    found = loss.variance(np.zeros((1, 3), "float32"))
    np.testing.assert_allclose(found, [1e4], rtol=1e-6)


def test_the_best_variance_is_the_error():
    loss = build()
    loss.mean.set_weights([np.zeros((3, 2)), np.zeros(2)])
    t, s = np.full((1, 2), 3.0, "float32"), np.ones((1, 3), "float32")

    def value(variance):
        loss.offset.assign(np.log(np.expm1(variance - 1e-3)))
        return float(loss({"t": t}, {"s": s})[0])

    # The mean square is 9.
    assert value(9.0) < min(value(8.0), value(10.0))


def test_gradient_agrees_with_finite_differences():
    loss = build(dtype="float64")
    loss.slope.assign([0.3, -0.2, 0.1])
    random = np.random.default_rng(0)
    t, s = random.normal(size=(4, 2)), random.normal(size=(4, 3))
    assert_gradient(lambda x: loss({"t": t}, {"s": x}), s)


def test_round_trip():
    config = build(initial_variance=3.0, epsilon=0.1).get_config()
    again = UncertainMatch.from_config(config)
    assert (again.initial_variance, again.epsilon) == (3.0, 0.1)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"initial_variance": 0.0}, "initial_variance > epsilon"),
        ({"epsilon": 0.0}, "initial_variance > epsilon"),
        ({"teacher": (None, 4, 4, 2)}, "keeps the rank"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
