import keras
import numpy as np
import pytest

from tfkd.data import tap_formats
from tfkd.errors import InputError
from tfkd.training import predictor


def test_logits_are_those_of_predict_in_any_batch_size():
    inputs = keras.Input((3,))
    x = keras.layers.Dropout(0.5)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    x = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")
    predict = predictor.Predictor(model, (3,))
    expected = model.predict(x, verbose=0)
    np.testing.assert_allclose(predict(x, batch_size=3), expected, rtol=1e-5)
    model.set_weights([w * 2 for w in model.get_weights()])
    np.testing.assert_allclose(predict(x), 2 * expected, rtol=1e-5)


def test_logits_of_a_model_in_half_precision_are_float32():
    inputs = keras.Input((3,))
    outputs = keras.layers.Dense(2, dtype="mixed_float16")(inputs)
    model, x = keras.Model(inputs, outputs), np.ones((2, 3), "float32")
    assert model(x).dtype == "float16"
    assert predictor.Predictor(model, (3,))(x).dtype == np.float32
    found = predictor.TapPredictor(model, (3,))(x)["logits"]
    assert found.dtype == np.float32
    # As it is stored.
    settings = {"format": "top_k", "dtype": "float16", "taps": ["logits"]}
    settings |= {"k": 1, "temperature": 4.0}
    (tap,) = tap_formats.create(settings, {"logits": [2]})
    assert set(tap.encode(found)) == set(tap.fields)


def test_taps_are_read_in_one_pass():
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(4, activation="relu", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, activation="softmax", name="out")(hidden)
    model = keras.Model(inputs, outputs)
    x = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")
    predict = predictor.TapPredictor(model, (3,), ("logits", "hidden"))
    assert predict.shapes == {"logits": [2], "hidden": [4]}
    found = predict(x, batch_size=3)
    hidden = np.maximum(x @ model.get_weights()[0], 0)
    np.testing.assert_allclose(found["hidden"], hidden, rtol=1e-5)
    # Before the softmax.
    np.testing.assert_allclose(
        found["logits"], hidden @ model.get_weights()[2], rtol=1e-5
    )
    with pytest.raises(InputError, match="Closest: 'hidden'"):
        predictor.TapPredictor(model, (3,), ("hiden",))


def test_accuracy_and_cross_entropy_by_hand():
    logits = np.log([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    # The first is right, the second is not.
    assert predictor.accuracy(logits, np.array([0, 1])) == 0.5
    # -(log 0.7 + log 0.3) / 2
    np.testing.assert_allclose(
        predictor.cross_entropy(logits, np.array([0, 1])),
        -(np.log(0.7) + np.log(0.3)) / 2,
        rtol=1e-12,
    )


def test_cross_entropy_of_large_logits_does_not_overflow():
    logits = np.array([[1e4, 0.0]], np.float32)
    assert predictor.cross_entropy(logits, np.array([1])) == 1e4
