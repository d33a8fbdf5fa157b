import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import dense
from tfkd import taps
from tfkd.errors import InputError


def nested():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    backbone = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, "relu", name="stage1"),
            keras.layers.BatchNormalization(name="bn1"),
        ],
        name="backbone",
    )
    x = keras.layers.Dense(5, "softmax", name="head")(backbone(inputs))
    return keras.Model(inputs, x)


X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


def read(model, *names):
    return {n: np.array(v) for n, v in taps.Extractor(model, names)(X).items()}


def test_nested_layers_are_tapped_by_their_path():
    model = nested()
    stage = model.get_layer("backbone").get_layer("stage1")
    found = read(model, "backbone/stage1")["backbone/stage1"]
    np.testing.assert_allclose(found, stage(X), rtol=1e-6)


def test_pre_is_before_the_activation():
    model = nested()
    kernel, bias = (
        np.array(w) for w in model.get_layer("backbone").layers[0].weights
    )
    found = read(model, "backbone/stage1:pre", "backbone/stage1")
    np.testing.assert_allclose(
        found["backbone/stage1:pre"], X @ kernel + bias, rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        found["backbone/stage1"],
        np.maximum(found["backbone/stage1:pre"], 0),
        rtol=1e-6,
    )


def test_input_is_what_a_layer_receives():
    found = read(nested(), "backbone/bn1:input", "backbone/stage1")
    np.testing.assert_array_equal(
        found["backbone/bn1:input"], found["backbone/stage1"]
    )


def test_logits_are_before_the_softmax_and_outputs_after():
    found = read(nested(), "logits", "outputs")
    e = np.exp(found["logits"])
    np.testing.assert_allclose(
        found["outputs"], e / e.sum(-1, keepdims=True), rtol=1e-5
    )


def test_logits_before_a_softmax_layer():
    inner = dense(shape=(4,))
    model = keras.Model(inner.input, keras.layers.Softmax()(inner.output))
    np.testing.assert_allclose(
        read(model, "logits")["logits"], inner(X), rtol=1e-6
    )


def test_reading_taps_changes_no_layer():
    model = nested()
    before = np.array(model(X))
    read(model, "logits", "backbone/stage1:pre")
    np.testing.assert_array_equal(before, model(X))


def test_an_unknown_tap_lists_the_closest():
    with pytest.raises(InputError, match="backbone/stage1.*taps.summary"):
        taps.Extractor(nested(), ["backbone/stage11"])


def test_a_layer_without_activation_has_no_pre():
    with pytest.raises(InputError, match="before an activation"):
        taps.Extractor(nested(), ["backbone/bn1:pre"])


def test_subclassed_models_are_told_the_protocol():
    class Mine(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(InputError, match="call_with_taps"):
        taps.Extractor(Mine(), ["logits"])


def test_summary_names_every_tap():
    model = nested()
    table = taps.summary(model)
    for name in taps.names(model):
        assert name in table
    assert "(None, 3)" in table


def test_extend_shares_the_students_weights():
    student = dense(shape=(4,))
    network = taps.extend(
        student,
        ["stage1"],
        lambda inputs, t: {"exit": keras.layers.Dense(2)(t["stage1"])},
    )
    found = network(X)
    assert set(found) == {"outputs", "stage1", "exit"}
    np.testing.assert_array_equal(found["outputs"], student(X))
    shared = {id(w) for w in student.weights}
    assert shared < {id(w) for w in network.weights}


def test_a_rewritten_layer_is_what_later_layers_and_taps_see():
    model = nested()

    def doubled(name, layer, args, outputs):
        return 2 * outputs if name == "backbone/stage1" else outputs

    extractor = taps.Extractor(
        model, ["backbone/stage1", "backbone/bn1:input"], rewrite=doubled
    )
    found = extractor(X)
    plain = read(model, "backbone/stage1")["backbone/stage1"]
    for value in found.values():
        np.testing.assert_allclose(value, 2 * plain, rtol=1e-6)
