import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import OldClassTargets


def targets(known=2, classes=3, size=(2, 2), **arguments):
    loss = OldClassTargets(**arguments)
    loss.setup(
        {"logits": keras.KerasTensor((None, *size, known))},
        {"logits": keras.KerasTensor((None, *size, classes))},
    )
    return loss


def log_softmax(z):
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def test_is_the_mean_divergence_over_old_pixels_of_the_batch():
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 2, 2, 2)), random.normal(size=(2, 2, 2, 3))
    # Class 2 is new; 5 of 8 pixels count, 3 of them in the first image.
    y = np.array([[[0, 1], [0, 2]], [[-1, 1], [2, 0]]])
    log_q, log_p = log_softmax(t), log_softmax(s)
    kl = np.sum(np.exp(log_q) * (log_q - log_p[..., :2]), axis=-1)
    found = targets()(
        {"logits": t.astype("float32")},
        {"logits": s.astype("float32")},
        labels=y,
    )
    old = (y >= 0) & (y < 2)
    np.testing.assert_allclose(np.mean(found), kl[old].mean(), rtol=1e-5)
    # Images count by their old pixels: 2 / 5 of each pixel's value.
    expected = [kl[i][old[i]].sum() * 2 / 5 for i in range(2)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_new_class_at_an_old_pixel_costs_and_a_new_pixel_does_not():
    loss = targets(size=())
    t = {"logits": np.float32([[1, 0]])}
    s = {"logits": np.float32([[1, 0, 9]])}
    # log((e + 1 + e^9) / (e + 1)).
    expected = np.log(1 + np.exp(9) / (np.e + 1))
    found = loss(t, s, labels=np.array([0]))
    np.testing.assert_allclose(found, [expected], rtol=1e-5)
    np.testing.assert_array_equal(loss(t, s, labels=np.array([2])), [0.0])


def test_gradient():
    random = np.random.default_rng(0)
    loss = targets(dtype="float64")
    teacher = {"logits": random.normal(size=(2, 2, 2, 2))}
    labels = np.array([[[0, 1], [0, 2]], [[-1, 1], [2, 0]]])
    assert_gradient(
        lambda s: loss(teacher, {"logits": s}, labels=labels),
        random.normal(size=(2, 2, 2, 3)),
    )


def test_is_finite_at_extremes():
    loss = targets()
    random = np.random.default_rng(0)
    for scale in (1e-8, 1e4):
        t, s = (
            {"logits": (scale * random.normal(size=(1, 2, 2, n))).astype("f4")}
            for n in (2, 3)
        )
        found = loss(t, s, labels=np.zeros((1, 2, 2), "int32"))
        assert np.all(np.isfinite(found))


def test_round_trip():
    loss = OldClassTargets(student_tap="other", weight=2.0)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize("arguments", [{"classes": 2}, {"known": 4}])
def test_a_student_without_new_classes_is_our_error(arguments):
    with pytest.raises(InputError, match="classes and further ones"):
        targets(**arguments)
