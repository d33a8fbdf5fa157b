import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import BestPeerTargets

# Of labels 0, the second peer errs least.
LABELS = np.array([0, 0])
Z = np.float32([[[0, 0], [0, 1]], [[2, 0], [1, 0]], [[0, 2], [0, 0]]])
NAMES = ("a", "b", "c")


def made(dtype="float32", shapes=((2,), (2,), (2,)), **arguments):
    arguments = {"period_steps": 4, "distilled_steps": 2, **arguments}
    loss = BestPeerTargets(taps=NAMES, dtype=dtype, **arguments)
    specs = {n: keras.KerasTensor((None, *s)) for n, s in zip(NAMES, shapes)}
    loss.setup(specs, specs)
    return loss


def values(loss, step, z=Z, labels=LABELS):
    taps = dict(zip(NAMES, map(tf.constant, z)))
    return np.array(loss(taps, taps, labels=labels, step=step))


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def divergences(best):
    p = softmax(Z.astype("float64"))
    return sum(np.sum(p[best] * np.log(p[best] / q), -1) for q in p)


def test_the_best_teaches_the_others_in_the_last_steps_of_a_period():
    loss = made()
    found = [values(loss, step) for step in range(6)]
    for step in (0, 1, 4, 5):
        np.testing.assert_array_equal(found[step], 0)
    for step in (2, 3):
        np.testing.assert_allclose(found[step], divergences(1), rtol=1e-5)
    assert int(loss.best) == 1


def test_the_choice_is_kept_until_the_next_period():
    loss = made(momentum=0.0)
    for step in range(3):
        values(loss, step)
    # Labels 1 make the third peer the best, but not before step 6.
    other = np.array([1, 1])
    found = values(loss, 3, labels=other)
    np.testing.assert_allclose(found, divergences(1), rtol=1e-5)
    found = [values(loss, step, labels=other) for step in range(4, 7)][-1]
    # Peer 0 errs ln 2 and ln(1 + 1/e), peer 2 ln(1 + 1/e^2) and ln 2.
    assert int(loss.best) == 2
    np.testing.assert_allclose(found, divergences(2), rtol=1e-5)


def test_errors_are_averages_of_what_is_known():
    loss = made(momentum=0.5)
    values(loss, 0)
    # Two answers a peer: ln 2 and ln(1 + e); with peer 1, ln(1 + e^-2), ...
    rows = -np.log(softmax(Z.astype("float64"))[:, :, 0]).mean(-1)
    np.testing.assert_allclose(loss.errors, rows, rtol=1e-5)
    # The second example alone is known: half of the old, half of the new.
    values(loss, 5, labels=np.array([-1, 0]))
    second = -np.log(softmax(Z.astype("float64"))[:, 1, 0])
    np.testing.assert_allclose(loss.errors, (rows + second) / 2, rtol=1e-5)
    before = np.array(loss.errors)
    values(loss, 6, labels=np.array([-1, -1]))
    np.testing.assert_array_equal(loss.errors, before)


def test_extreme_logits_are_finite():
    assert np.all(np.isfinite(values(made(), 2, 1e4 * Z)))


def test_gradient():
    loss = made("float64")
    teacher = dict(zip(NAMES, tf.constant(Z, "float64")))
    for step in range(3):
        loss(teacher, teacher, labels=LABELS, step=step)

    def function(z):
        student = {**teacher, "a": z}
        return loss(teacher, student, labels=LABELS, step=3)

    assert_gradient(function, Z[0])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"distilled_steps": 5}, "distilled_steps <= period_steps"),
        ({"momentum": 1.0}, "momentum is in"),
        ({"shapes": ((2,), (3,), (2,))}, "the same actions"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        made(**arguments)


def test_one_peer_is_our_error():
    with pytest.raises(InputError, match="at least two different"):
        BestPeerTargets(taps=["a", "a"], period_steps=2, distilled_steps=1)
