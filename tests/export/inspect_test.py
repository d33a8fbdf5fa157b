import json

import pytest

from tfkd.errors import InputError
from tfkd.export import graph
from tfkd.export import inspect
from tfkd.export.graph import Tensor
from tfkd.export.inspect import Inspection
from tfkd.export.inspect import Operation
from tfkd.export.inspect import operations


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


def one(contents, name):
    return next(op for op in contents.operations if op.name == name)


def test_operations_tell_shape_size_and_cost(files):
    conv = one(inspect(files.int8), "CONV_2D")
    assert conv.shape == (1, 8, 8, 8)
    # 3 * 3 * 1 * 8 weights of a byte, 8 biases of four.
    assert conv.constants == (("INT8", 72), ("INT32", 32))
    assert (conv.num_bytes, conv.weights) == (104, "INT8")
    assert conv.macs == 64 * 8 * 9
    assert conv.quantization == "per channel"
    assert conv.activations == ("INT8",)
    assert one(inspect(files.float32), "CONV_2D").quantization == ""


def test_totals_are_those_of_the_operations(files):
    contents = inspect(files.float32)
    # Convolution, depthwise convolution, 8 features to 10 classes.
    assert contents.macs == 64 * 8 * 9 + 64 * 8 * 9 + 80
    assert sum(op.num_bytes for op in contents.operations) == sum(
        contents.constants.values()
    )
    assert inspect(files.int8).macs == contents.macs


def test_changes_of_type_are_told(files):
    first, *_, last = inspect(files.int8).operations
    assert first.changes == ("UINT8", "INT8")
    assert last.changes == ("INT8", "UINT8")
    assert one(inspect(files.int8), "CONV_2D").changes == ()


def test_operations_know_whose_outputs_they_read(files):
    found = inspect(files.float32).operations
    names = [op.name for op in found]
    conv, depthwise = names.index("CONV_2D"), names.index("DEPTHWISE_CONV_2D")
    assert one(inspect(files.float32), "ADD").reads == (conv, depthwise)
    assert found[0].reads == ()


def test_constants_behind_a_dequantize_are_those_of_their_reader():
    half = Tensor("half", "FLOAT16", (4,), num_bytes=8)
    full = Tensor("full", "FLOAT32", (4,))
    image = Tensor("image", "FLOAT32", (1, 4))
    part = graph.Graph(
        (half, full, image),
        (
            graph.Node("DEQUANTIZE", (half,), (full,)),
            graph.Node("ADD", (image, full), (image,)),
        ),
    )
    unpacking, add = operations(part)
    assert unpacking.unpacks
    assert unpacking.constants == ()
    assert not add.unpacks
    assert add.constants == (("FLOAT16", 8),)
    assert add.activations == ("FLOAT32",)


def test_details_are_json_and_the_summary_is_what_it_was(files):
    contents = inspect(files.int8)
    details = json.loads(json.dumps(contents.details()))
    assert details["operations"][1]["name"] == "CONV_2D"
    assert details["macs"] == contents.macs
    assert set(contents.as_dict()) == {
        "float_ops",
        "fully_integer",
        "operations",
        "tensor_types",
    }


def test_operations_beyond_builtins_are_refused():
    found = tuple(
        Operation(name, ("INT8",), ("INT8",))
        for name in ("CUSTOM:FlexErf", "VAR_HANDLE", "ADD")
    )
    contents = Inspection(found, {"INT8": 4}, {}, 10)
    assert contents.refused_ops == ("CUSTOM:FlexErf", "VAR_HANDLE")


def test_a_truncated_file_is_refused(files, tmp_path):
    content = files.int8.read_bytes()
    (tmp_path / "m.tflite").write_bytes(content[: len(content) // 3])
    with pytest.raises(InputError, match="is damaged"):
        inspect(tmp_path / "m.tflite")
