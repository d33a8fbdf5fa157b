import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import ProxyMap

T = np.float32([1, 2, 3, 4]).reshape(2, 1, 2, 1)
# Errors 0.5, 4, -1, 0.
S = np.float32([1.5, 6, 2, 4]).reshape(2, 1, 2, 1)
M = np.float32([1, 0, 1, 1]).reshape(2, 1, 2, 1)


def built(shape=(None, 1, 2, 1), **arguments):
    loss = ProxyMap(teacher_tap="t", student_tap="s", **arguments)
    loss.setup(
        {"t": keras.KerasTensor((None, 1, 2, 1)), "m": None},
        {"s": keras.KerasTensor(shape)},
    )
    return loss


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("l1", [0.5, 1.0, 0.0]),
        ("robust", [0.51**0.4, 1.01**0.4, 0.01**0.4]),
        ("euclidean", [0.5, 1.0, 0.0]),
        # The largest that counts is 1: c = 0.2.
        ("berhu", [0.29 / 0.4, 1.04 / 0.4, 0.0]),
    ],
)
def test_is_the_mean_of_what_counts(kind, expected):
    loss = built(kind=kind, mask_tap="m")
    found = np.asarray(loss({"t": T, "m": M}, {"s": S}))
    np.testing.assert_allclose(found.mean(), np.mean(expected), rtol=1e-5)
    # One of three positions in the first example, two in the second.
    np.testing.assert_allclose(found[0], expected[0] / 1.5, rtol=1e-5)


def test_a_norm_of_a_flow_is_over_its_channels():
    loss = built(kind="euclidean")
    found = loss.penalty(np.float32([3.0, 4.0]).reshape(1, 1, 1, 2))
    np.testing.assert_allclose(np.ravel(found), [5.0], rtol=1e-6)


def test_what_the_student_sees_itself_does_not_count():
    loss = ProxyMap(
        teacher_tap="t", student_tap="s", hidden_taps=("s", "b"), kind="l1"
    )
    # Pixel 0 goes to 1, and 1 back to 0: seen. Pixel 1 stays, and 1 goes
    # back to 0: hidden. Its error is (1, 0): a mean of 0.5 of channels.
    own = np.float32([[1, 0], [0, 0]]).reshape(1, 1, 2, 2)
    back = np.float32([[0, 0], [-1, 0]]).reshape(1, 1, 2, 2)
    target = np.float32([[9, 9], [1, 0]]).reshape(1, 1, 2, 2)
    found = loss({"t": target}, {"s": own, "b": back})
    np.testing.assert_allclose(found, [0.5])


def test_the_border_is_what_the_student_does_not_see():
    loss = built(crop=1)
    target = np.arange(12, dtype="float32").reshape(1, 3, 4, 1)
    own = np.zeros((1, 1, 2, 1), "float32")
    # Row 1, columns 1 and 2: 5 and 6.
    np.testing.assert_allclose(loss({"t": target}, {"s": own}), [5.5])
    loss = built(crop=1, corner_tap="c")
    corner = np.array([[2, 1]], "int32")
    # Row 2, columns 1 and 2: 9 and 10.
    found = loss({"t": target}, {"s": own, "c": corner})
    np.testing.assert_allclose(found, [9.5])


@pytest.mark.parametrize("kind", ["l1", "robust", "euclidean"])
def test_gradient(kind):
    loss = ProxyMap(
        teacher_tap="t", student_tap="s", kind=kind, dtype="float64"
    )
    target = tf.constant(T.astype("float64"))
    assert_gradient(
        lambda s: loss({"t": target}, {"s": s}), S.astype("float64") + 0.1
    )


@pytest.mark.parametrize("kind", ["l1", "robust", "euclidean", "berhu"])
def test_extremes_are_finite(kind):
    loss = built(kind=kind)
    for scale in (0.0, 1e-30, 1e15):
        own = tf.constant(S * np.float32(scale))
        with tf.GradientTape() as tape:
            tape.watch(own)
            value = loss({"t": T * np.float32(scale)}, {"s": own})
        assert np.all(np.isfinite(value))
        assert np.all(np.isfinite(tape.gradient(value, own)))


@pytest.mark.parametrize("kind", ["l1", "robust", "euclidean", "berhu"])
@pytest.mark.parametrize("unknown", [np.nan, np.inf])
def test_a_target_that_is_not_known_may_be_no_number(kind, unknown):
    loss = built(kind=kind, mask_tap="m")
    own = tf.constant(S)
    found = []
    for missing in (0.0, unknown):
        target = np.where(M > 0, T, np.float32(missing))
        with tf.GradientTape() as tape:
            tape.watch(own)
            value = loss({"t": target, "m": M}, {"s": own})
        found.append((value, tape.gradient(value, own)))
    for one, other in zip(*found):
        np.testing.assert_array_equal(one, other)
    assert np.all(np.isfinite(found[0][1]))


def test_config_round_trip():
    loss = built(kind="berhu", mask_tap="m", crop=2, corner_tap="c")
    copy = ProxyMap.from_config(loss.get_config())
    assert (copy.kind, copy.mask_tap, copy.crop) == ("berhu", "m", 2)
    assert copy.student_taps == ("s", "c")


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="kind of regression"):
        built(kind="l3")
    with pytest.raises(InputError, match="maps"):
        built(shape=(None, 1, 2, 2))
