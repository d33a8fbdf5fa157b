import sys

import pytest

from tfkd.errors import InputError
from tfkd.export import graph


def read(path):
    (found,) = graph.graphs(graph.parse(path.read_bytes()))
    return found


def test_nodes_know_their_tensors_and_readers(files):
    nodes = read(files.float32).nodes
    (add,) = (node for node in nodes if node.name == "ADD")
    writers = [node for node in nodes if add in node.readers]
    assert [node.name for node in writers] == ["CONV_2D", "DEPTHWISE_CONV_2D"]
    assert writers[0].readers == [writers[1], add]
    assert all(tensor.shape == (1, 8, 8, 8) for tensor in add.inputs)


def test_a_node_that_reads_a_tensor_twice_is_one_reader(files):
    model = graph.parse(files.float32.read_bytes())
    add = next(
        op
        for op in model.subgraphs[0].operators
        if type(op.builtinOptions).__name__ == "AddOptionsT"
    )
    add.inputs = [add.inputs[1]] * 2
    (found,) = graph.graphs(model)
    (depthwise,) = (n for n in found.nodes if n.name == "DEPTHWISE_CONV_2D")
    assert [node.name for node in depthwise.readers] == ["ADD"]


def test_tensors_with_the_same_name_are_not_the_same():
    assert graph.Tensor("", "INT8", (1,)) != graph.Tensor("", "INT8", (1,))


def test_constants_have_bytes_and_quantized_ones_scales(model, files):
    kernel = model.layers[2].kernel
    conv = next(n for n in read(files.int8).nodes if n.name == "CONV_2D")
    image, weights, bias = conv.inputs
    assert (image.constant, image.kind, image.scales) == (False, "INT8", 1)
    # One scale for each of the 8 filters; one byte a weight, four a bias.
    assert (weights.kind, weights.scales) == ("INT8", 8)
    assert weights.num_bytes == weights.size == kernel.shape.num_elements()
    assert (bias.kind, bias.num_bytes, bias.scales) == ("INT32", 32, 8)
    unquantized = next(
        n for n in read(files.float32).nodes if n.name == "CONV_2D"
    )
    assert unquantized.inputs[1].num_bytes == 4 * weights.size
    assert unquantized.inputs[1].scales == 0


def test_types_and_operations_have_the_names_of_the_schema(files):
    names = [node.name for node in read(files.int8).nodes]
    assert names[0] == names[-1] == "QUANTIZE"
    assert {tensor.kind for tensor in read(files.int8).tensors} == {
        "INT8",
        "INT32",
        "UINT8",
    }


def test_an_operation_of_a_newer_schema_has_its_number(files):
    model = graph.parse(files.float32.read_bytes())
    model.operatorCodes[0].builtinCode = 9999
    (found,) = graph.graphs(model)
    assert "BuiltinOperator:9999" in {node.name for node in found.nodes}


def test_without_the_runtime_an_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    with pytest.raises(InputError, match=r"pip install 'tfkd\[tflite\]'"):
        graph.parse(b"")
