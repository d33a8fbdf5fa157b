import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.export import convert_worker


def dense(shape, classes=3):
    inputs = keras.Input(shape)
    outputs = keras.layers.Dense(classes)(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, outputs)


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
        {
            "model": str(tmp_path / "m.keras"),
            "destination": str(tmp_path / "m.tflite"),
            "mode": "int8",
            "calibration": str(tmp_path / "c.npy"),
            "source": None,
        }
    )
    assert result["error"]["kind"] == "input"
    assert "(4, 4, 1), received (5, 5, 1)" in result["error"]["message"]


def test_a_file_that_is_no_model_is_an_input_error(tmp_path):
    (tmp_path / "m.keras").write_text("no zip archive")
    result = convert_worker.run(
        {"model": str(tmp_path / "m.keras"), "source": None}
    )
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
