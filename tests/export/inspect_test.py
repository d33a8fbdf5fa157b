import pytest

from tfkd.errors import InputError
from tfkd.export import inspect
from tfkd.export.inspect import Inspection
from tfkd.export.inspect import Operation


def test_float_file_is_found_to_be_float(files):
    contents = inspect(files.float32)
    assert not contents.fully_integer
    assert "CONV_2D" in contents.float_ops
    assert contents.refused_ops == ()
    assert contents.num_bytes == files.float32.stat().st_size


def test_int8_file_has_no_float_tensor(files):
    contents = inspect(files.int8)
    assert contents.fully_integer
    assert contents.float_ops == ()
    assert set(contents.dtypes) == {"INT8", "INT32", "UINT8"}
    # uint8 in and out around int8: one QUANTIZE each.
    assert contents.op_counts["QUANTIZE"] == 2
    assert contents.op_counts["ADD"] == 1


def test_constants_are_counted_by_type(model, files):
    kernels = sum(w.size for w in model.get_weights() if w.ndim > 1)
    assert inspect(files.int8).constants["INT8"] == kernels


def test_summary_can_be_read(files):
    text = str(inspect(files.int8))
    assert "2 QUANTIZE" in text
    assert "INT8" in text


def test_operations_beyond_builtins_are_refused():
    operations = tuple(
        Operation(name, ("INT8",), ("INT8",))
        for name in ("CUSTOM:FlexErf", "VAR_HANDLE", "ADD")
    )
    contents = Inspection(operations, {"INT8": 4}, {}, 10)
    assert contents.refused_ops == ("CUSTOM:FlexErf", "VAR_HANDLE")


def test_a_truncated_file_is_refused(files, tmp_path):
    content = files.int8.read_bytes()
    (tmp_path / "m.tflite").write_bytes(content[: len(content) // 3])
    with pytest.raises(InputError, match="is damaged"):
        inspect(tmp_path / "m.tflite")
