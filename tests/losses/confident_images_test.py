import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import ConfidentImages

# Probabilities (3/4, 1/4) and (1/2, 1/2).
LOGITS = np.log([[3.0, 1.0], [1.0, 1.0]]).astype("float32")
FEATURES = np.array([[1.0, -3.0], [0.0, 1.0]], "float32")
TAPS = {"logits": LOGITS, "embedding": FEATURES}


@pytest.mark.parametrize(("base", "divisor"), [(10, np.log(10)), ("e", 1.0)])
def test_is_the_equation_written_out(base, divisor):
    loss = ConfidentImages(one_hot=2.0, activation=0.5, entropy=3.0, base=base)
    # -log of the likeliest: log(4/3), log 2; mean |f|: 2, 1/2; the mean
    # probabilities are (5/8, 3/8).
    entropy = 5 / 8 * np.log(5 / 8) + 3 / 8 * np.log(3 / 8)
    expected = [
        2 * np.log(4 / 3) - 0.5 * 2 + 3 * entropy / divisor,
        2 * np.log(2) - 0.5 * 0.5 + 3 * entropy / divisor,
    ]
    np.testing.assert_allclose(loss(TAPS, {}), expected, rtol=1e-6)


def test_is_lowest_for_sure_images_of_all_classes():
    loss = ConfidentImages(activation=0.0)
    sure = {**TAPS, "logits": 50 * np.eye(2, dtype="float32")}
    one = {**TAPS, "logits": 50 * np.eye(2, dtype="float32")[[0, 0]]}
    # -5 log10 2 for both classes, 0 for one class.
    np.testing.assert_allclose(loss(sure, {}), -5 * np.log10(2), rtol=1e-6)
    np.testing.assert_allclose(loss(one, {}), 0.0, atol=1e-6)


def test_gradient_agrees_with_finite_differences():
    loss = ConfidentImages(dtype="float64")
    logits = np.random.default_rng(0).normal(size=(3, 4))
    features = tf.ones((3, 2), "float64")
    assert_gradient(
        lambda z: loss({"logits": z, "embedding": features}, {}), logits
    )


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e4])
def test_extremes_are_finite(scale):
    loss = ConfidentImages()
    taps = {n: tf.constant(scale * t[:1]) for n, t in TAPS.items()}
    with tf.GradientTape() as tape:
        tape.watch(list(taps.values()))
        values = loss(taps, {})
    assert np.all(np.isfinite(values))
    for gradient in tape.gradient(values, list(taps.values())):
        assert np.all(np.isfinite(gradient))


def test_config_round_trip():
    loss = ConfidentImages(one_hot=2.0, base="e", feature_tap="stage1")
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"one_hot": -1.0}, "one_hot must be"),
        ({"entropy": float("inf")}, "entropy must be"),
        ({"base": 2}, "base must be"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        ConfidentImages(**wrong)


def test_dense_logits_are_our_error():
    taps = {name: keras.KerasTensor((None, 4, 4, 2)) for name in TAPS}
    with pytest.raises(InputError, match="classifier of whole images"):
        ConfidentImages().setup(taps, {})
