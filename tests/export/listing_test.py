from tfkd.export import inspect
from tfkd.export import listing
from tfkd.export.inspect import Inspection
from tfkd.export.inspect import Operation
from tfkd.export.inspect import Reject


def test_every_operation_is_a_line_with_type_size_and_layers(files):
    lines = str(inspect(files.int8)).splitlines()
    (conv,) = (line for line in lines if " CONV_2D  " in line)
    assert "INT8" in conv
    assert "1x8x8x8" in conv
    assert "104" in conv
    assert "4,608" in conv
    assert "per channel" in conv
    assert any("UINT8 > INT8" in line for line in lines)
    assert "    2 QUANTIZE" in lines
    assert lines[-1] == "GPU delegate: refuses nothing, by its published rules"


def test_totals_come_first(files):
    contents = inspect(files.float32)
    assert str(contents).startswith(
        f"{contents.num_bytes:,} bytes, {len(contents.operations)} operations, "
        "9,296 multiply-accumulates"
    )


def test_what_the_gpu_delegate_refuses_is_told_with_layer_and_reason():
    contents = Inspection(
        (
            Operation("DEQUANTIZE", (), ("FLOAT32",), unpacks=True),
            Operation("ARG_MAX", ("FLOAT32",), ("INT64",), "cnn_1/top_1/Max"),
        ),
        {"INT64": 1},
        {},
        100,
        (Reject(1, "ARG_MAX", ("top",), "the delegate has no such operation"),),
    )
    lines = listing.text(contents).splitlines()
    assert lines[-2].startswith("GPU delegate: refuses 1 of 2 operations")
    assert lines[-1] == (
        "    1 ARG_MAX (top): the delegate has no such operation"
    )
    assert any(
        line.startswith("1 DEQUANTIZE of constants are") for line in lines
    )
