import flatbuffers
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.export import LiteRTModel
from tfkd.export import litert
from tfkd.export.graph import parse
from tfkd.export.litert import TensorInfo


def test_float_file_declares_its_signature(files):
    model = LiteRTModel(files.float32)
    assert model.signature == "serve"
    assert model.input == TensorInfo("image", (1, 8, 8, 1), "float32")
    assert model.output == TensorInfo("probabilities", (1, 10), "float32")


def test_int8_file_takes_and_gives_uint8(files):
    model = LiteRTModel(files.int8)
    assert (model.input.dtype, model.output.dtype) == ("uint8", "uint8")
    # Pixels 0..16 on codes 0..255; probabilities in steps of 1 / 256.
    assert model.input.scale == pytest.approx(16 / 255)
    assert model.input.zero_point == 0
    assert model.output.scale == 1 / 256


def test_quantization_rounds_and_saturates():
    info = TensorInfo("x", (1, 4), "uint8", scale=0.5, zero_point=10)
    # 1 / .5 + 10 = 12; 1.3 / .5 = 2.6 -> 3; below 0 and above 255 saturate.
    codes = info.quantize(np.array([1.0, 1.3, -9.0, 500.0]))
    np.testing.assert_array_equal(codes, np.array([12, 13, 0, 255], np.uint8))
    np.testing.assert_array_equal(info.dequantize(codes[:2]), [1.0, 1.5])


def test_predict_takes_any_number_of_images(files, digits):
    model = LiteRTModel(files.int8, num_threads=2)
    assert model.predict(digits[:0]).shape == (0, 10)
    two = model.predict(digits[:2])
    np.testing.assert_array_equal(two[1:], model.predict(digits[1:2]))


def test_predict_agrees_with_the_file_s_own_arithmetic(files, digits):
    model = LiteRTModel(files.int8)
    codes = np.round(digits[:1] / model.input.scale).astype(np.uint8)
    expected = model.invoke(codes).astype(np.float32) / 256
    np.testing.assert_array_equal(model.predict(digits[:1]), expected)


def test_images_of_another_shape_are_refused(files):
    with pytest.raises(InputError, match=r"\(8, 8, 1\), received \(9, 9, 1\)"):
        LiteRTModel(files.float32).predict(np.zeros((1, 9, 9, 1)))


def test_answers_that_are_not_finite_are_an_error(files, digits):
    broken = digits[:2].copy()
    broken[1] = np.nan
    with pytest.raises(RuntimeError, match="for 1 of 2 images"):
        LiteRTModel(files.float32).predict(broken)


@pytest.mark.parametrize("shape", [(1,), (1, 4, 4, 3)])
def test_images_are_counted_for_any_output(files, digits, monkeypatch, shape):
    model = LiteRTModel(files.float32)
    answers = [np.zeros(shape, np.float32), np.full(shape, np.nan, np.float32)]
    monkeypatch.setattr(model, "invoke", lambda tensor: answers.pop())
    with pytest.raises(RuntimeError, match="for 1 of 2 images"):
        model.predict(digits[:2])


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="There is no .tflite file"):
        LiteRTModel(tmp_path / "none.tflite")


def test_something_else_is_refused(tmp_path):
    (tmp_path / "m.tflite").write_text("something else")
    with pytest.raises(InputError, match="must hold 'TFL3' at byte 4"):
        LiteRTModel(tmp_path / "m.tflite")


@pytest.mark.parametrize("part", [1 / 3, 0.99])
def test_a_truncated_file_is_refused(files, tmp_path, part):
    content = files.float32.read_bytes()
    (tmp_path / "m.tflite").write_bytes(content[: int(len(content) * part)])
    with pytest.raises(InputError, match="is damaged"):
        LiteRTModel(tmp_path / "m.tflite")


def test_an_operation_of_a_newer_runtime_is_named(files, tmp_path):
    model = parse(files.float32.read_bytes())
    model.operatorCodes[0].version = 99
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    (tmp_path / "m.tflite").write_bytes(bytes(builder.Output()))
    with pytest.raises(InputError, match="needs version 99 of the operation"):
        LiteRTModel(tmp_path / "m.tflite")


def test_tensors_that_do_not_fit_are_the_files_fault(files, monkeypatch):
    def fail(**arguments):
        raise RuntimeError("failed to prepare node 3")

    monkeypatch.setattr(litert.runtime(), "Interpreter", fail)
    with pytest.raises(RuntimeError, match="cannot be run by ai_edge_litert"):
        LiteRTModel(files.float32)
