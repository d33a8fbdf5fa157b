import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import RegionSoftTargets

RANDOM = np.random.default_rng(0)
# Two images, four regions, three classes.
T = RANDOM.normal(size=(2, 4, 7))
S = RANDOM.normal(size=(2, 4, 7))


def targets(theirs=(4, 7), own=(4, 7), **arguments):
    loss = RegionSoftTargets(**arguments)
    loss.setup(
        {"outputs": keras.KerasTensor((None, *theirs))},
        {"outputs": keras.KerasTensor((None, *own))},
    )
    return loss


def values(loss, t=T, s=S):
    t, s = (np.asarray(x, loss.compute_dtype) for x in (t, s))
    return np.asarray(loss({"outputs": t}, {"outputs": s}))


def halves():
    p, q = (1 / (1 + np.exp(-x[..., 4:])) for x in (T, S))
    yes = p * np.log(p / q)
    no = (1 - p) * np.log((1 - p) / (1 - q))
    return p, yes, no


def test_both_halves_have_weights_and_regions_a_mean():
    _, yes, no = halves()
    expected = np.sum(2 * yes + 3 * no, axis=(1, 2)) / 4
    loss = targets(object_weight=2.0, background_weight=3.0)
    np.testing.assert_allclose(values(loss), expected, rtol=1e-5)


def test_hard_scores_count_more_by_the_teachers_sum_of_powers():
    p, yes, no = halves()
    entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    factor = (1 - np.exp(-(yes + no) - 0.5 * entropy)) ** 2
    expected = np.sum(factor * (yes + no), axis=(1, 2))
    expected /= np.maximum(np.sum(p**1.8, axis=(1, 2)), 1)
    loss = targets(focus=2.0, entropy_weight=0.5, power=1.8)
    np.testing.assert_allclose(values(loss), expected, rtol=1e-5)


def test_one_certain_score_is_hand_sized():
    # p = 1/2, q = 1/4: K = ln(2)/2 + ln(2/3)/2 = 0.143841; H = ln 2;
    # factor (1 - exp(-K - H))^1 = 1 - 0.433013; p^2 = 1/4 counts as 1.
    t, s = np.zeros((1, 1, 5)), np.zeros((1, 1, 5))
    s[..., 4] = np.log(1 / 3)
    loss = targets((1, 5), (1, 5), focus=1.0, entropy_weight=1.0, power=2.0)
    np.testing.assert_allclose(
        values(loss, t, s), 0.143841 * 0.566987, rtol=1e-5
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"background_weight": 1.5},
        {"focus": 2.0, "entropy_weight": 1.0, "power": 1.8},
    ],
)
def test_gradient(arguments):
    loss = targets(dtype="float64", **arguments)
    assert_gradient(lambda s: loss({"outputs": T}, {"outputs": s}), S)


def test_is_finite_at_extremes_and_zero_where_both_agree():
    import tensorflow as tf

    loss = targets(focus=2.0, entropy_weight=1.0, power=1.8)
    for scale in (0.0, 1e-30, 1e4):
        t, s = (tf.constant(scale * x, "float32") for x in (T, S))
        with tf.GradientTape() as tape:
            tape.watch(s)
            found = loss({"outputs": t}, {"outputs": s})
        assert np.all(np.isfinite(found))
        assert np.all(np.isfinite(tape.gradient(found, s)))
        np.testing.assert_allclose(values(loss, t, t), 0.0, atol=1e-6)


def test_round_trip():
    loss = RegionSoftTargets(focus=2.0, power=1.8, background_weight=1.5)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"focus": 0.5}, "focus of 0 or at least 1"),
        ({"power": 0.0}, "power > 0"),
        ({"object_weight": -1.0}, "finite weights >= 0"),
        ({"entropy_weight": float("inf")}, "finite weights >= 0"),
        ({"own": (4, 8)}, "same regions and classes"),
        ({"own": (5, 7)}, "same regions and classes"),
        ({"theirs": (7,), "own": (7,)}, "same regions and classes"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        targets(**arguments)
