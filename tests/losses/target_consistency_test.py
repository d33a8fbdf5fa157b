import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import TargetConsistency

RANDOM = np.random.default_rng(0)
T, S = RANDOM.normal(size=(2, 3, 2, 4, 3))
# The first image has a mask.
Y = np.array([0, -1, -1])[:, None, None] + np.zeros((3, 2, 4), int)
F = RANDOM.normal(size=(3, 1, 2, 5))


def built(features=(1, 2, 5), logits=(2, 4, 3), **arguments):
    loss = TargetConsistency(**arguments)
    teacher = {"logits": keras.KerasTensor((None, *logits))}
    if loss.attention_tap:
        teacher["f"] = keras.KerasTensor((None, *features))
    loss.setup(teacher, {"logits": keras.KerasTensor((None, 2, 4, 3))})
    return loss


def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def test_is_the_mean_over_pixels_of_images_without_mask():
    square = np.mean((softmax(T) - softmax(S)) ** 2, axis=(1, 2, 3))
    found = built()(
        {"logits": np.float32(T)}, {"logits": np.float32(S)}, labels=Y
    )
    assert float(found[0]) == 0.0
    np.testing.assert_allclose(found[1:], 1.5 * square[1:], rtol=1e-5)
    np.testing.assert_allclose(np.mean(found), square[1:].mean(), rtol=1e-5)


def test_attention_weighs_pixels_and_its_mean_is_one():
    loss = built(attention_tap="f")
    # Columns 0 and 1 of the map, of energies 1 and 3, become four.
    features = np.zeros((1, 1, 2, 5), "float32")
    features[0, 0, 0, 0], features[0, 0, 1, 1] = np.sqrt([5, 15])
    found = np.asarray(loss.attention(features, (2, 4)))
    # Half-pixel bilinear: 1, 1.5, 2.5, 3, over their mean of 2.
    np.testing.assert_allclose(found[0, 0], [0.5, 0.75, 1.25, 1.5], rtol=1e-5)
    np.testing.assert_allclose(found[0, 1], found[0, 0])
    np.testing.assert_array_equal(loss.attention(0 * features, (2, 4)), 1.0)
    square = np.mean((softmax(T) - softmax(S)) ** 2, axis=-1)
    weight = np.asarray(loss.attention(np.float32(F), (2, 4)), "float64")
    expected = 1.5 * (weight * square).mean((1, 2))
    found = loss(
        {"logits": np.float32(T), "f": np.float32(F)},
        {"logits": np.float32(S)},
        labels=Y,
    )
    np.testing.assert_allclose(found[1:], expected[1:], rtol=1e-5)


def test_gradient():
    loss = built(attention_tap="f", dtype="float64")
    teacher = {"logits": T, "f": F}
    assert_gradient(lambda s: loss(teacher, {"logits": s}, labels=Y), S)


def test_is_finite_at_extremes_and_without_target():
    loss = built(attention_tap="f")
    for scale in (1e-30, 1e4, 1e30):
        found = loss(
            {
                "logits": np.float32(min(scale, 1e4) * T),
                "f": np.float32(scale * F),
            },
            {"logits": np.float32(min(scale, 1e4) * S)},
            labels=Y,
        )
        assert np.all(np.isfinite(found))
    taps = {"logits": np.float32(T)}, {"logits": np.float32(S)}
    np.testing.assert_array_equal(built()(*taps, labels=0 * Y), 0)


def test_round_trip():
    loss = built(attention_tap="f", weight=2.0)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()
    assert copy.teacher_taps == ("logits", "f")


def test_mistakes_are_our_errors():
    for wrong in ({"logits": (2, 4, 5)}, {"logits": (3,)}):
        with pytest.raises(InputError, match="compares dense logits"):
            built(**wrong)
    with pytest.raises(InputError, match="attention tap that is a map"):
        built(attention_tap="f", features=(5,))
