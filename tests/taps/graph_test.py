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


def at_every_time():
    inputs = keras.Input((2, 4))
    dense = keras.layers.Dense(3, "softmax")
    return keras.Model(inputs, keras.layers.TimeDistributed(dense)(inputs))


def of_tensorflow():
    import tensorflow as tf

    layer = keras.layers.Dense(3, activation=tf.nn.softmax)
    return keras.Sequential([keras.Input((4,)), layer])


def then_cast():
    softmax = keras.layers.Dense(3, "softmax")
    cast = keras.layers.Activation("linear", dtype="float32")
    return keras.Sequential([keras.Input((4,)), softmax, cast])


@pytest.mark.parametrize("build", [at_every_time, of_tensorflow, then_cast])
def test_a_softmax_is_seen_however_it_is_written(build):
    model = build()
    x = np.stack([X, 2 * X], axis=1) if build is at_every_time else X
    found = taps.Extractor(model, ["logits"])(x)["logits"]
    kernel, bias = (np.array(w) for w in model.weights)
    np.testing.assert_allclose(found, x @ kernel + bias, rtol=1e-5, atol=1e-6)


def test_logits_of_scores_are_before_a_sigmoid_and_those_of_maps_are_not():
    inputs = keras.Input((4,))
    scores = keras.layers.Dense(3, name="scores")(inputs)
    model = keras.Model(inputs, keras.layers.Activation("sigmoid")(scores))
    found = read(model, "logits", "scores")
    np.testing.assert_array_equal(found["logits"], found["scores"])
    maps = keras.layers.Reshape((2, 2, 1))(keras.ops.sigmoid(inputs))
    model = keras.Model(inputs, keras.layers.Activation("sigmoid")(maps))
    np.testing.assert_array_equal(read(model, "logits")["logits"], model(X))


def test_a_layer_named_logits_needs_no_activation():
    inputs = keras.Input((4,))
    both = [keras.layers.Dense(3)(inputs) for _ in range(2)]
    model = keras.Model(inputs, keras.layers.Add(name="logits")(both))
    np.testing.assert_array_equal(read(model, "logits")["logits"], model(X))


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


def by_name(inner, first, second):
    return inner({"whole": first, "part": second})


def by_keyword(inner, first, second):
    return inner(inputs=[first, second])


@pytest.mark.parametrize("call", [by_name, by_keyword])
def test_a_nested_model_takes_its_inputs_as_it_does_by_itself(call):
    # Not in the order of their names.
    own = [keras.Input((2,), name=name) for name in ("whole", "part")]
    subtract = keras.layers.Subtract(name="difference")
    inner = keras.Model(own, subtract(own), name="inner")
    inputs = [keras.Input((2,)), keras.Input((2,))]
    model = keras.Model(inputs, call(inner, *inputs))
    given = [np.float32([[5, 5]]), np.float32([[1, 2]])]
    found = taps.Extractor(model, ["inner/difference"])(given)
    np.testing.assert_array_equal(found["inner/difference"], [[4, 3]])
    np.testing.assert_array_equal(model(given), [[4, 3]])


def test_an_inner_input_of_another_type_is_converted():
    own = keras.Input((), dtype="int32")
    table = keras.layers.Embedding(3, 2, name="table")
    inner = keras.Model(own, table(own), name="inner")
    inputs = keras.Input((1,), dtype="int64")
    model = keras.Model(inputs, inner(inputs))
    given = np.int64([[2], [0]])
    found = taps.Extractor(model, ["inner/table"])(given)["inner/table"]
    assert found.shape == (2, 2)
    np.testing.assert_array_equal(found, model(given))


def test_a_layer_whose_activation_is_split_is_regularized_once():
    inputs = keras.Input((4,))
    layer = keras.layers.Dense(3, "softmax", activity_regularizer="l2")
    model = keras.Model(inputs, layer(inputs))
    model(X)
    (expected,) = model.losses
    extractor = taps.Extractor(model, ["logits", "outputs"])
    extractor(X)
    assert [float(v) for v in extractor._function.losses] == [float(expected)]
    assert layer.activity_regularizer is not None


def test_a_recurrent_layer_has_no_pre():
    inputs = keras.Input((4, 2))
    model = keras.Model(inputs, keras.layers.LSTM(3, name="stage1")(inputs))
    with pytest.raises(InputError, match="before an activation"):
        taps.Extractor(model, ["stage1:pre"])


def test_a_network_with_a_split_layer_says_why_it_cannot_be_copied():
    network = taps.extend(nested(), ["logits"], lambda inputs, tensors: {})
    with pytest.raises(InputError, match="'head'.*layer of its own"):
        keras.models.clone_model(network)
