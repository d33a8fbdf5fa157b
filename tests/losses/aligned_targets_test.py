import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import AlignedTargets

RANDOM = np.random.default_rng(0)
TEACHER = RANDOM.normal(size=(4, 2))
OWN, HEAD = RANDOM.normal(size=(2, 4, 3))


def made(shapes=((2,), (3,), (3,)), dtype="float64", **arguments):
    keras.utils.set_random_seed(0)
    loss = AlignedTargets(
        distilled_tap="head",
        dtype=dtype,
        **{"units": (5,), "temperature": 2.0, **arguments},
    )
    teacher, own, head = (keras.KerasTensor((None, *s)) for s in shapes)
    loss.setup({"logits": teacher}, {"logits": own, "head": head})
    return loss


def softmax(x):
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


def kl(p, q):
    return np.sum(p * np.log(p / q), axis=-1)


def aligned(loss):
    weights = [np.asarray(w) for w in loss.trainable_variables]
    x = TEACHER @ weights[0] + weights[1]
    x = np.where(x > 0, x, np.expm1(x))
    return x @ weights[2] + weights[3]


def values(loss, own=OWN, head=HEAD, teacher=TEACHER):
    taps = {"logits": tf.constant(own), "head": tf.constant(head)}
    return loss({"logits": tf.constant(teacher)}, taps)


def test_is_both_divergences_from_the_aligned_teacher():
    loss = made()
    z = aligned(loss)
    expected = kl(softmax(z / 2), softmax(HEAD)) + kl(softmax(z), softmax(OWN))
    np.testing.assert_allclose(values(loss), expected, rtol=1e-6)


def test_the_alignment_learns_from_the_policy_and_the_head_from_it():
    loss = made()
    own, head = tf.constant(OWN), tf.constant(HEAD)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([own, head])
        found = loss(
            {"logits": tf.constant(TEACHER)}, {"logits": own, "head": head}
        )
    assert tape.gradient(found, own) is None
    # Of the cross-entropy to constant targets.
    expected = softmax(HEAD) - softmax(aligned(loss) / 2)
    np.testing.assert_allclose(tape.gradient(found, head), expected, rtol=1e-6)
    gradients = tape.gradient(found, loss.trainable_variables)
    with tf.GradientTape() as tape:
        z = loss.aligned(tf.constant(TEACHER))
        q = tf.nn.softmax(z)
        log_p = tf.nn.log_softmax(tf.constant(OWN))
        only = tf.reduce_sum(q * (tf.nn.log_softmax(z) - log_p))
    for a, b in zip(gradients, tape.gradient(only, loss.trainable_variables)):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-12)


def test_gradient():
    loss = made()
    assert_gradient(lambda x: values(loss, head=x), HEAD)


def test_extreme_logits_are_finite():
    loss = made(dtype="float32")
    large = np.float32(1e4) * OWN.astype("float32")
    found = values(loss, large, large, 1e4 * TEACHER.astype("float32"))
    assert np.all(np.isfinite(found))


def test_without_a_head_the_policy_itself_learns():
    loss = AlignedTargets(units=())
    assert loss.student_taps == ("logits",)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"temperature": 0.0}, "temperature must be"),
        ({"shapes": ((2,), (3,), (4,))}, "Actions are aligned"),
        ({"shapes": ((2, 2), (3,), (3,))}, "Actions are aligned"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        made(**arguments)
