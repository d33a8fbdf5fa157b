import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import RegionMatch

RANDOM = np.random.default_rng(0)
# Two images, five regions; the teacher knows two classes, the student three.
T = RANDOM.normal(size=(2, 5, 6))
S = RANDOM.normal(size=(2, 5, 7))


def match(theirs=(5, 6), own=(5, 7), **arguments):
    loss = RegionMatch(**{"read": "scores", **arguments})
    loss.setup(
        {"outputs": keras.KerasTensor((None, *theirs))},
        {"outputs": keras.KerasTensor((None, *own))},
    )
    return loss


def values(loss, t=T, s=S, step=0):
    t, s = (x.astype(loss.compute_dtype) for x in (t, s))
    return np.asarray(loss({"outputs": t}, {"outputs": s}, step=step))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def bernoulli_kl(a, b):
    p, q = sigmoid(a), sigmoid(b)
    return p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))


def test_boxes_are_the_first_four_numbers():
    expected = np.mean((T[..., :4] - S[..., :4]) ** 2, axis=(1, 2))
    np.testing.assert_allclose(values(match(read="boxes")), expected, rtol=1e-6)
    gap = np.abs(T[..., :4] - S[..., :4])
    huber = np.where(gap > 1, gap - 0.5, gap**2 / 2).mean((1, 2))
    found = values(match(read="boxes", distance="huber"))
    np.testing.assert_allclose(found, huber, rtol=1e-6)


def test_scores_of_old_classes_are_centred_by_all_of_a_network():
    t, s = T[..., 4:], S[..., 4:]
    t, s = t - t.mean(-1, keepdims=True), s - s.mean(-1, keepdims=True)
    expected = np.mean((t - s[..., :2]) ** 2, axis=(1, 2))
    np.testing.assert_allclose(values(match(centred=True)), expected, rtol=1e-5)


def test_cross_entropy_is_that_of_each_class_or_of_the_largest():
    t, s = T[..., 4:], S[..., 4:6]
    expected = bernoulli_kl(t, s).mean((1, 2))
    found = values(match(distance="cross_entropy"))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    expected = bernoulli_kl(t.max(-1), s.max(-1)).mean(1)
    found = values(match(read="confidence", distance="cross_entropy"))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_probabilities_differ_by_squares():
    gap = sigmoid(T[..., 4:]) - sigmoid(S[..., 4:6])
    found = values(match(distance="probability"))
    np.testing.assert_allclose(found, (gap**2).mean((1, 2)), rtol=1e-5)


def test_images_of_which_nothing_is_known_may_count_alone():
    labels = np.full((2, 1, 5), -1, "float32")
    labels[1, 0, 4] = -2
    every, some = (
        match(read="boxes", unlabelled_only=only) for only in (False, True)
    )
    t, s = {"outputs": np.float32(T)}, {"outputs": np.float32(S)}
    found = some(t, s, labels=labels)
    # The mean over the batch is that of the one image.
    expected = [0.0, 2 * float(every(t, s)[1])]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    found = some(t, s, labels=labels.astype("int32"))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_regions_are_drawn_from_the_most_confident_and_change():
    loss = match(candidates=3, regions=2)
    order = np.argsort(-T[..., 4:].max(-1), axis=1)
    seen = set()
    for step in range(8):
        chosen = np.asarray(loss.chosen(T.astype("float32"), step))
        np.testing.assert_array_equal(chosen.sum(1), [2, 2])
        for row, best in zip(chosen, order):
            assert set(np.flatnonzero(row)) <= set(best[:3])
        seen.add(tuple(chosen[0]))
    assert len(seen) > 1
    again = match(candidates=3, regions=2).chosen(T.astype("float32"), 7)
    np.testing.assert_array_equal(again, chosen)


def test_only_confident_regions_count_and_there_may_be_none():
    expected = np.zeros(2)
    for image in range(2):
        rows = sigmoid(T[image, :, 4:].max(-1)) >= 0.57
        gap = (T[image, rows, 4:] - S[image, rows, 4:6]) ** 2
        expected[image] = gap.mean()
    np.testing.assert_allclose(
        values(match(threshold=0.57)), expected, rtol=1e-5
    )
    np.testing.assert_array_equal(values(match(threshold=0.9999)), [0, 0])


def test_regions_may_weigh_as_much_as_the_teacher_is_sure():
    share = sigmoid(T[..., 4:].max(-1))
    gap = np.mean((T[..., :4] - S[..., :4]) ** 2, axis=-1)
    expected = np.sum(share * gap, axis=1) / np.sum(share, axis=1)
    found = values(match(read="boxes", by_confidence=True))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    # One region of a confidence of 1/2: it counts half, not all.
    t, s = np.zeros((1, 1, 5)), np.ones((1, 1, 5))
    loss = match((1, 5), (1, 5), read="boxes", by_confidence=True)
    np.testing.assert_allclose(values(loss, t, s), [0.5], rtol=1e-6)


def test_more_numbers_than_four_may_say_where():
    loss = match(read="boxes", numbers=5)
    expected = np.mean((T[..., :5] - S[..., :5]) ** 2, axis=(1, 2))
    np.testing.assert_allclose(values(loss), expected, rtol=1e-6)
    loss = match(numbers=5)
    expected = np.mean((T[..., 5] - S[..., 5]) ** 2, axis=1)
    np.testing.assert_allclose(values(loss), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("read", "distance"),
    [("scores", "square"), ("boxes", "huber"), ("scores", "cross_entropy")],
)
def test_gradient(read, distance):
    loss = match(read=read, distance=distance, dtype="float64", threshold=0.5)
    assert_gradient(lambda s: loss({"outputs": T}, {"outputs": s}), S)


def test_is_finite_at_extremes_and_zero_where_both_agree():
    for distance in ("square", "huber", "cross_entropy"):
        loss = match(distance=distance)
        for scale in (1e-8, 1e4):
            assert np.all(np.isfinite(values(loss, scale * T, scale * S)))
        same = np.concatenate([T, S[..., :1]], axis=-1)
        np.testing.assert_allclose(values(loss, T, same), 0, atol=1e-6)
        same = 1e4 * same
        np.testing.assert_allclose(values(loss, 1e4 * T, same), 0, atol=1e-2)


def test_round_trip():
    loss = RegionMatch(
        read="scores",
        centred=True,
        candidates=3,
        regions=2,
        threshold=0.1,
        by_confidence=True,
        numbers=6,
    )
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"read": "masks"}, "part of a detector's answer"),
        ({"distance": "l3"}, "distance of regions"),
        ({"read": "boxes", "distance": "cross_entropy"}, "only scores are"),
        ({"read": "boxes", "centred": True}, "only scores are"),
        ({"candidates": 2, "regions": 3}, "at least as many candidates"),
        ({"candidates": 0}, "at least as many candidates"),
        ({"threshold": 1.0}, "at least as many candidates"),
        ({"numbers": 0}, "at least as many candidates"),
        ({"numbers": 6}, "the same regions"),
        ({"own": (4, 7)}, "the same regions"),
        ({"own": (5, 5)}, "the same regions"),
        ({"theirs": (6,), "own": (7,)}, "the same regions"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        match(**arguments)
