import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.export import LiteRTModel
from tfkd.export import convert_worker


def item(folder, name="m", **values):
    """A request to convert `folder/m.keras`."""
    return {
        "model": str(folder / f"{name}.keras"),
        "destination": str(folder / f"{name}.tflite"),
        "mode": "float32",
        "calibration": None,
        "source": None,
        "task": "classification",
        "float_layers": (),
        "sensitive_layers": 0,
        "allow_float": False,
        **values,
    }


@keras.saving.register_keras_serializable("tfkd_test")
class ErrorFunction(keras.layers.Layer):
    def call(self, x):
        return keras.ops.erf(x)


def dense(shape, classes=3, activation=None):
    inputs = keras.Input(shape)
    x = keras.layers.Flatten()(inputs)
    return keras.Model(inputs, keras.layers.Dense(classes, activation)(x))


def test_a_fit_model_gives_its_input_shape():
    assert convert_worker.check_model(dense((4, 4, 1))) == (4, 4, 1)


def test_several_outputs_are_refused():
    model = dense((4, 4, 1))
    pair = keras.Model(model.inputs, [model.outputs[0], model.outputs[0] * 2])
    with pytest.raises(InputError, match="received 1 and 2"):
        convert_worker.check_model(pair)


def test_an_unknown_size_is_refused():
    inputs = keras.Input((None, None, 1))
    x = keras.layers.GlobalAveragePooling2D()(inputs)
    model = keras.Model(inputs, keras.layers.Dense(3)(x))
    with pytest.raises(InputError, match="must know its input size"):
        convert_worker.check_model(model)


def test_a_map_of_logits_is_refused():
    inputs = keras.Input((4, 4, 1))
    model = keras.Model(inputs, keras.layers.Conv2D(3, 1)(inputs))
    with pytest.raises(InputError, match=r"shape \(batch, classes\)"):
        convert_worker.check_model(model)
    assert convert_worker.check_model(model, "segmentation") == (4, 4, 1)
    assert convert_worker.check_model(model, "raw") == (4, 4, 1)


@pytest.mark.parametrize(
    ("classes", "activation", "found"),
    [
        (1, None, "1 output. "),
        (1, "sigmoid", "1 output behind a sigmoid"),
        (3, "sigmoid", "3 outputs behind a sigmoid"),
    ],
)
def test_what_a_softmax_makes_no_probabilities_of_is_refused(
    classes, activation, found
):
    model = dense((2, 2, 1), classes, activation)
    with pytest.raises(InputError, match=f"Received {found}"):
        convert_worker.check_model(model)
    assert convert_worker.check_model(model, "raw") == (2, 2, 1)


def behind(model, kind):
    """A model that ends in a sigmoid, where its last layer does not show it."""
    if kind == "nested":
        return keras.Sequential([keras.Input(model.input.shape[1:]), model])
    if kind == "operation":
        model = dense((2, 2, 1))
        return keras.Model(model.input, keras.ops.sigmoid(model.output))
    x = keras.layers.Activation("linear", dtype="float32")(model.output)
    return keras.Model(model.input, x)


@pytest.mark.parametrize("kind", ["nested", "operation", "linear"])
def test_a_sigmoid_is_found_where_the_last_layer_hides_it(kind):
    model = behind(dense((2, 2, 1), 3, "sigmoid"), kind)
    with pytest.raises(InputError, match="3 outputs behind a sigmoid"):
        convert_worker.check_model(model)
    # A softmax may be there.
    model = behind(dense((2, 2, 1), 3, "softmax"), "nested")
    assert convert_worker.prepared(model) is model
    assert convert_worker.check_model(model) == (2, 2, 1)


def test_a_dict_of_one_output_in_mixed_precision_is_converted(tmp_path):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = dense((4, 4, 1))
    finally:
        keras.config.set_dtype_policy(policy)
    keras.Model(model.input, {"scores": model.output}).save(
        tmp_path / "m.keras"
    )
    target = tmp_path / "made" / "m.tflite"
    result = convert_worker.run(item(tmp_path, destination=str(target)))
    assert "error" not in result
    images = np.random.default_rng(0).uniform(0, 9, (5, 4, 4, 1))
    found = LiteRTModel(target).predict(images)
    logits = np.asarray(model(images.astype(np.float32)), np.float32)
    expected = keras.ops.softmax(logits)
    np.testing.assert_allclose(found, expected, atol=1e-2)


@keras.saving.register_keras_serializable("tfkd_test")
class Subclassed(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.dense = keras.layers.Dense(3)

    def call(self, x):
        return self.dense(keras.ops.mean(x, axis=(1, 2)))


def test_a_model_whose_graph_is_not_known_is_refused(tmp_path):
    model = Subclassed()
    model(np.zeros((1, 4, 4, 2), np.float32))
    model.save(tmp_path / "m.keras")
    error = convert_worker.run(item(tmp_path))["error"]
    assert error["kind"] == "input"
    assert "Sequential model, received Subclassed" in error["message"]


def test_a_softmax_at_the_end_is_not_taken_twice(tmp_path):
    model = dense((4, 4, 1), activation="softmax")
    model.save(tmp_path / "m.keras")
    convert_worker.run(item(tmp_path))
    images = np.random.default_rng(0).uniform(0, 9, (5, 4, 4, 1))
    expected = model(images, training=False)
    found = LiteRTModel(tmp_path / "m.tflite").predict(images)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_several_inputs_are_refused():
    pair = [keras.Input((4, 4, 1)), keras.Input((4, 4, 1))]
    x = keras.layers.Flatten()(keras.layers.Add()(pair))
    model = keras.Model(pair, keras.layers.Dense(3)(x))
    with pytest.raises(InputError, match="received 2 and 1.*several inputs is"):
        convert_worker.check_model(model)


def test_weights_that_are_not_finite_are_named():
    model = dense((2, 2, 1))
    weights = model.get_weights()
    weights[1][0] = np.nan
    model.set_weights(weights)
    with pytest.raises(InputError, match="bias' holds NaN"):
        convert_worker.check_model(model)


def test_calibration_of_another_shape_is_an_input_error(tmp_path):
    dense((4, 4, 1)).save(tmp_path / "m.keras")
    np.save(tmp_path / "c.npy", np.zeros((2, 5, 5, 1), np.float32))
    result = convert_worker.run(
        item(tmp_path, mode="int8", calibration=str(tmp_path / "c.npy"))
    )
    assert result["error"]["kind"] == "input"
    assert "(4, 4, 1), received (5, 5, 1)" in result["error"]["message"]


def test_a_layer_without_a_builtin_operation_is_named(tmp_path):
    inputs = keras.Input((4, 4, 1))
    x = ErrorFunction(name="activation")(inputs)
    x = keras.layers.Dense(3)(keras.layers.Flatten()(x))
    keras.Model(inputs, x).save(tmp_path / "m.keras")
    result = convert_worker.run(item(tmp_path))
    assert result["error"]["kind"] == "input"
    assert "Erf (layer 'activation'): use" in result["error"]["message"]
    assert not (tmp_path / "m.tflite").exists()


def test_an_int8_file_with_a_float_island_is_not_kept(tmp_path):
    inputs = keras.Input((4, 4, 1))
    x = keras.layers.Conv2D(2, 3, name="conv")(inputs)
    x = keras.layers.ELU(name="bend")(x)
    x = keras.layers.Dense(3)(keras.layers.Flatten()(x))
    keras.Model(inputs, x).save(tmp_path / "m.keras")
    images = np.random.default_rng(0).uniform(0, 9, (12, 4, 4, 1))
    np.save(tmp_path / "c.npy", images.astype(np.float32))
    request = item(tmp_path, mode="int8", calibration=str(tmp_path / "c.npy"))
    result = convert_worker.run(request)
    assert result["error"]["kind"] == "input"
    assert "ELU (layer 'bend', tensor" in result["error"]["message"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.npy", "m.keras"]
    result = convert_worker.run({**request, "allow_float": True})
    assert result["destination"] == request["destination"]
    assert (tmp_path / "m.tflite").exists()


def test_an_input_of_integers_is_told_what_to_do(tmp_path):
    inputs = keras.Input((4, 4, 1), dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3)(x))
    model.save(tmp_path / "m.keras")
    images = np.random.default_rng(0).uniform(0, 255, (12, 4, 4, 1))
    np.save(tmp_path / "c.npy", images.astype(np.float32))
    result = convert_worker.run(
        item(tmp_path, mode="int8", calibration=str(tmp_path / "c.npy"))
    )
    assert "CAST" in result["error"]["message"]
    assert "use keras.Input without `dtype`" in result["error"]["message"]


def test_a_layer_without_an_int16_kernel_is_named(tmp_path):
    inputs = keras.Input((4, 4, 1))
    x = keras.layers.Conv2D(2, 3)(inputs)
    x = keras.layers.Activation("hard_swish", name="bend")(x)
    x = keras.layers.Dense(3)(keras.layers.Flatten()(x))
    keras.Model(inputs, x).save(tmp_path / "m.keras")
    images = np.random.default_rng(0).uniform(0, 9, (12, 4, 4, 1))
    np.save(tmp_path / "c.npy", images.astype(np.float32))
    calibration = str(tmp_path / "c.npy")
    result = convert_worker.run(
        item(tmp_path, mode="int16x8", calibration=calibration)
    )
    assert result["error"]["kind"] == "input"
    assert (
        "no int16 kernel for HARD_SWISH (layer 'bend')"
        in (result["error"]["message"])
    )


def test_an_unknown_layer_lists_the_closest(tmp_path):
    model = dense((4, 4, 1))
    model.save(tmp_path / "m.keras")
    images = np.random.default_rng(0).uniform(0, 9, (12, 4, 4, 1))
    np.save(tmp_path / "c.npy", images.astype(np.float32))
    result = convert_worker.run(
        item(
            tmp_path,
            mode="int8_selective",
            calibration=str(tmp_path / "c.npy"),
            float_layers=("dens",),
        )
    )
    assert result["error"]["kind"] == "input"
    assert (
        "no layer in the converted file named 'dens'"
        in (result["error"]["message"])
    )
    assert model.layers[-1].name in result["error"]["message"]


def test_a_file_that_is_no_model_is_an_input_error(tmp_path):
    (tmp_path / "m.keras").write_text("no zip archive")
    result = convert_worker.run(item(tmp_path))
    assert result["error"]["kind"] == "input"


def test_an_unexpected_failure_is_a_converter_error(monkeypatch):
    def fail(item):
        raise ArithmeticError("an operation that TFLite lacks")

    monkeypatch.setattr(convert_worker, "convert_one", fail)
    assert convert_worker.run({}) == {
        "error": {
            "kind": "converter",
            "message": "ArithmeticError: an operation that TFLite lacks",
        }
    }
