import numpy as np
import pytest
import tensorflow as tf

from tfkd.distances import SoftmaxKL
from tfkd.errors import InputError


def log_softmax(z):
    z = z - z.max(-1, keepdims=True)
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def oracle(teacher, student, temperature):
    q, p = (
        log_softmax(z.astype("float64") / temperature)
        for z in (teacher, student)
    )
    return np.sum(np.exp(q) * (q - p), -1)


def test_a_value_by_hand():
    # q = (3/4, 1/4), p = (1/2, 1/2): 3/4 ln(3/2) + 1/4 ln(1/2) = 0.130812
    teacher = np.log([[3.0, 1.0]]).astype("float32")
    found = SoftmaxKL().call(teacher, np.zeros((1, 2), "float32"))
    np.testing.assert_allclose(found, [0.130812], rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e4])
@pytest.mark.parametrize("batch", [1, 5])
def test_extreme_logits_give_the_float64_value(scale, batch):
    random = np.random.default_rng(0)
    t, s = (random.normal(size=(2, batch, 6)) * scale).astype("float32")
    student = tf.Variable(s)
    with tf.GradientTape() as tape:
        found = SoftmaxKL(temperature=2.0).call(tf.constant(t), student)
    want = oracle(t, s, 2.0)
    np.testing.assert_allclose(found, want, rtol=1e-4, atol=1e-6)
    assert np.all(np.isfinite(tape.gradient(found, student)))


def test_the_order_is_teacher_then_student():
    t = np.array([[2.0, 0.0]], "float32")
    s = np.array([[0.0, 1.0]], "float32")
    forward, backward = (
        float(SoftmaxKL().call(*pair)[0]) for pair in ((t, s), (s, t))
    )
    assert forward == pytest.approx(oracle(t, s, 1.0)[0], rel=1e-5)
    assert abs(forward - backward) > 1e-2


def test_positions_of_dense_maps_are_averaged():
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 2, 3, 3, 4)).astype("float32")
    want = oracle(t, s, 1.0).mean(axis=(1, 2))
    np.testing.assert_allclose(SoftmaxKL().call(t, s), want, rtol=1e-5)


def test_temperature_must_be_positive():
    with pytest.raises(InputError, match="> 0"):
        SoftmaxKL(temperature=0)
