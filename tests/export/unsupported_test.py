import pytest

from tfkd.export import unsupported
from tfkd.export.inspect import Inspection
from tfkd.export.inspect import Operation


@pytest.mark.parametrize(
    ("tensor", "layers"),
    [
        (
            "cnn_1/stage1_1/Relu;cnn_1/stage1_conv_1/convolution1",
            ("stage1", "stage1_conv"),
        ),
        ("cnn_1/bn_1/batchnorm/mul_1", ("bn",)),
        # Only the number that TensorFlow added goes.
        ("cnn_1/conv_2_1/Relu", ("conv_2",)),
        ("outer_1/inner_1/conv_1/Relu", ("inner/conv",)),
        ("cnn/conv_2/Relu", ("conv_2",)),
        ("cnn/conv/Relu;cnn/conv/BiasAdd/Read", ("conv",)),
        ("StatefulPartitionedCall:0", ()),
    ],
)
def test_a_tensor_tells_its_layers(tensor, layers):
    assert unsupported.layers_of(tensor) == layers


def test_an_operation_without_builtin_is_told_with_layer_and_advice():
    message = (
        'error: loc(callsite(fused["Erf:", "cnn_1/act_1/Erf@__inference_1"] '
        "at x)): 'tf.Erf' op is neither a custom op nor a flex op\n"
        "'tf.Strange' op is neither a custom op nor a flex op"
    )
    text = str(unsupported.conversion_error(message))
    assert "Erf (layer 'act'): use keras.activations.gelu" in text
    assert "Strange: use another layer" in text


def test_an_operation_without_int16_kernel_is_told_with_its_layers():
    message = "Quantization to 16x8-bit not yet supported for op: 'HARD_SWISH'."
    operations = [
        Operation("HARD_SWISH", (), (), f"m_1/act{i}_1/hard_swish")
        for i in range(2)
    ]
    found = unsupported.conversion_error(2 * message, lambda: operations)
    assert str(found).startswith(
        "TFLite has no int16 kernel for HARD_SWISH (layer 'act0', 'act1'): "
        "use relu or relu6."
    )


def test_another_failure_is_not_explained():
    assert unsupported.conversion_error("out of memory") is None


def test_float_islands_are_told_with_tensor_layer_and_advice():
    operations = [
        Operation("QUANTIZE", ("FLOAT32",), ("INT8",), "q"),
        Operation("ELU", ("FLOAT32",), ("FLOAT32",), "cnn_1/act_1/Elu"),
        Operation("CONV_2D", ("INT8",), ("INT8",), "cnn_1/conv_1/Relu"),
    ]
    contents = Inspection(tuple(operations), {"FLOAT32": 2}, {}, 10)
    text = str(unsupported.integer_error("int8", contents))
    assert (
        "ELU (layer 'act', tensor 'cnn_1/act_1/Elu'): use relu or relu6" in text
    )
    assert "CONV_2D" not in text
    assert "float: ELU" in text


def test_many_islands_are_counted():
    operations = [
        Operation("NEG", ("FLOAT32",), ("FLOAT32",), f"m_1/n{i}_1/Neg")
        for i in range(9)
    ]
    contents = Inspection(tuple(operations), {"FLOAT32": 2}, {}, 10)
    text = str(unsupported.integer_error("int8", contents))
    assert "layer 'n3'" in text
    assert "layer 'n4'" not in text
    assert "and 5 more" in text
