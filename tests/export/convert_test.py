import pathlib

import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.export import Conversion
from tfkd.export import LiteRTModel
from tfkd.export import convert as convert_function
from tfkd.export import reference
from tfkd.export.convert import check_calibration


def test_two_conversions_give_the_same_bytes(files):
    assert files.int8.read_bytes() == files.again.read_bytes()
    assert len(files.results) == 3
    assert all(result["seconds"] > 0 for result in files.results)


def test_float_file_answers_as_keras_does(model, files, digits):
    got = LiteRTModel(files.float32).predict(digits)
    expected = reference.probabilities(model, digits)
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_int8_file_answers_nearly_as_keras_does(model, files, digits):
    got = LiteRTModel(files.int8).predict(digits)
    expected = reference.probabilities(model, digits)
    assert len(np.unique(expected.argmax(axis=1))) > 1
    assert (got.argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.9


def test_unknown_mode_is_refused():
    with pytest.raises(InputError, match="conversion mode named 'int7'"):
        Conversion(model="m.keras", destination="m.tflite", mode="int7")


def test_missing_model_is_refused():
    with pytest.raises(InputError, match="'m.keras' does not exist"):
        Conversion(model="m.keras", destination="m.tflite")


def test_a_converted_file_is_refused(files):
    for path in (files.int8, files.float32):
        with pytest.raises(InputError, match="cannot be converted again"):
            Conversion(model=str(path), destination="m.tflite")


def test_an_unknown_task_is_refused(files):
    with pytest.raises(InputError, match="'classification'"):
        Conversion(str(files.keras), "m.tflite", task="clasification")


@pytest.mark.parametrize(
    ("mode", "values"),
    [
        ("int8_selective", {}),
        ("int8_selective", {"sensitive_layers": -1}),
        ("int8", {"float_layers": ("logits",)}),
        ("float32", {"sensitive_layers": 2}),
    ],
)
def test_layers_in_float_belong_to_the_selective_mode(
    files, digits, mode, values
):
    calibration = digits if mode.startswith("int8") else None
    with pytest.raises(InputError, match="belong to mode 'int8_selective'"):
        Conversion(
            model=str(files.keras),
            destination="m.tflite",
            mode=mode,
            calibration=calibration,
            **values,
        )


def test_calibration_without_use_is_refused(digits):
    with pytest.raises(InputError, match="uses no calibration data"):
        Conversion(model="m", destination="d", calibration=digits)


@pytest.mark.parametrize("images", [None, np.zeros((0, 8, 8, 1))])
def test_int8_without_calibration_is_refused(images):
    with pytest.raises(InputError, match="at least one calibration image"):
        Conversion(model="m", destination="d", mode="int8", calibration=images)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_calibration_that_is_not_finite_is_refused(digits, value):
    broken = digits[:5].copy()
    broken[3, 0, 0, 0] = value
    with pytest.raises(InputError, match="1 of 5, the first at position 3"):
        check_calibration(broken)


def test_few_calibration_images_are_refused(digits):
    with pytest.raises(InputError, match="at least 10 .*received 9"):
        check_calibration(digits[:9])
    check_calibration(digits[:10])


def test_constant_calibration_is_refused(digits):
    with pytest.raises(InputError, match="every pixel of all 5 is 0"):
        check_calibration(np.zeros_like(digits[:5]))


def test_rescaled_calibration_is_refused(digits):
    with pytest.raises(InputError, match=r"received values in \[0, 1\]"):
        check_calibration(digits / 16, (0, 255))


def test_a_conversion_refuses_images_scaled_unlike_the_training_data(
    files, digits
):
    with pytest.raises(InputError, match="Do not rescale them"):
        Conversion(
            model=str(files.keras),
            destination="m.tflite",
            mode="int8",
            calibration=digits / 16,
            value_range=(0, 16),
        )


def test_calibration_out_of_range_is_refused(digits):
    with pytest.raises(InputError, match=r"raw pixels in \[0, 1\]"):
        check_calibration(digits, (0, 1))
    check_calibration(digits, (0, 16))


def worker(folder, monkeypatch, source):
    """Puts another child in the place of the converter's."""
    (folder / "other_worker.py").write_text(source)
    monkeypatch.syspath_prepend(str(folder))
    module = convert_function.__globals__
    monkeypatch.setitem(module, "_WORKER", "other_worker")


def request(files, tmp_path):
    return [Conversion(str(files.keras), str(tmp_path / "out.tflite"))]


def test_a_converter_that_crashes_becomes_an_error(
    files, tmp_path, monkeypatch
):
    source = (
        "import os, signal, sys\n"
        "print('last words', flush=True)\n"
        "os.kill(os.getpid(), signal.SIGSEGV)\n"
    )
    worker(tmp_path, monkeypatch, source)
    with pytest.raises(RuntimeError, match="killed by SIGSEGV") as caught:
        convert_function(request(files, tmp_path))
    assert "model.keras to float32" in str(caught.value)
    assert "last words" in str(caught.value)


def test_a_converter_that_exits_becomes_an_error(files, tmp_path, monkeypatch):
    worker(tmp_path, monkeypatch, "raise SystemExit(3)")
    with pytest.raises(RuntimeError, match="ended with code 3"):
        convert_function(request(files, tmp_path))


def test_a_mistake_found_in_the_child_is_an_input_error(
    files, tmp_path, monkeypatch
):
    source = (
        "import json, sys\n"
        "error = {'kind': 'input', 'message': 'two outputs'}\n"
        "json.dump({'results': [{'error': error}]}, open(sys.argv[2], 'w'))\n"
    )
    worker(tmp_path, monkeypatch, source)
    with pytest.raises(InputError, match="to float32: two outputs"):
        convert_function(request(files, tmp_path))
    assert not pathlib.Path(tmp_path, "out.tflite").exists()


def test_a_converter_that_hangs_is_ended(files, tmp_path, monkeypatch):
    worker(tmp_path, monkeypatch, "import signal; signal.pause()")
    with pytest.raises(RuntimeError, match="ran out of time"):
        convert_function(request(files, tmp_path), timeout=0.5)
