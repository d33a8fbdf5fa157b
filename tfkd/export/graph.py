"""The graph of a `.tflite` file: nodes and the tensors between them."""

import dataclasses
import functools
import math

from tfkd.errors import InputError


@dataclasses.dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor of a graph; equal to itself only, names may repeat.

    Attributes:
        name: Its name in the file.
        kind: Name of its type, such as `INT8`.
        shape: Its shape, with the batch that the file was made for.
        num_bytes: Bytes of its values in the file; 0 if they are computed.
        scales: Number of its quantization scales: 0 for none, 1 per tensor,
            more per channel.
    """

    name: str
    kind: str
    shape: tuple
    num_bytes: int = 0
    scales: int = 0

    @property
    def constant(self):
        return self.num_bytes > 0

    @property
    def size(self):
        return math.prod(self.shape)


@dataclasses.dataclass(eq=False)
class Node:
    """An operation of a graph.

    Attributes:
        name: Name of the builtin; `CUSTOM:<name>` for a custom operation.
        inputs: The tensors that it reads; `None` for an optional one that is
            absent.
        outputs: The tensors that it writes.
        version: Version of the builtin.
        options: What the schema has for the builtin, such as
            `SoftmaxOptionsT`; may be `None`.
        readers: The nodes that read one of its outputs.
    """

    name: str
    inputs: tuple
    outputs: tuple
    version: int = 1
    options: object = None
    readers: list = dataclasses.field(default_factory=list, repr=False)

    @property
    def given(self):
        """Its inputs without the absent ones."""
        return tuple(tensor for tensor in self.inputs if tensor is not None)


@dataclasses.dataclass(frozen=True)
class Graph:
    """Tensors and nodes of one subgraph, in the order of the file."""

    tensors: tuple
    nodes: tuple


def parse(content):
    """Returns the flatbuffer's object tree of a file's bytes.

    Raises:
        InputError: If `ai_edge_litert` is not installed.
    """
    return _schema().ModelT.InitFromPackedBuf(content)


def graphs(model):
    """Returns the `Graph` of every subgraph of a tree of `parse`."""
    codes = [(_op_name(code), code.version) for code in model.operatorCodes]
    return [_graph(model, subgraph, codes) for subgraph in model.subgraphs]


def _graph(model, subgraph, codes):
    tensors = tuple(_tensor(model, tensor) for tensor in subgraph.tensors)
    nodes, writers = [], {}
    for op in [] if subgraph.operators is None else subgraph.operators:
        name, version = codes[op.opcodeIndex]
        node = Node(
            name,
            tuple(tensors[i] if i >= 0 else None for i in op.inputs),
            tuple(tensors[i] for i in op.outputs if i >= 0),
            version,
            op.builtinOptions,
        )
        nodes.append(node)
        for writer in dict.fromkeys(map(writers.get, op.inputs)):
            if writer is not None:
                writer.readers.append(node)
        writers.update((index, node) for index in op.outputs)
    return Graph(tensors, tuple(nodes))


def _tensor(model, tensor):
    data = model.buffers[tensor.buffer].data
    scales = None if tensor.quantization is None else tensor.quantization.scale
    return Tensor(
        tensor.name.decode() if tensor.name else "",
        _name("TensorType", tensor.type),
        () if tensor.shape is None else tuple(int(n) for n in tensor.shape),
        0 if data is None else len(data),
        0 if scales is None else len(scales),
    )


def _op_name(code):
    # Old files keep small codes in the deprecated, 8-bit field.
    value = max(code.builtinCode, code.deprecatedBuiltinCode)
    name = _name("BuiltinOperator", value)
    if name == "CUSTOM" and code.customCode:
        return f"CUSTOM:{code.customCode.decode()}"
    return name


def _name(enumeration, value):
    # A file that is newer than the installed schema may have other values.
    return _names(enumeration).get(value, f"{enumeration}:{value}")


@functools.cache
def _names(enumeration):
    members = vars(getattr(_schema(), enumeration))
    return {
        value: name
        for name, value in members.items()
        if isinstance(value, int) and not name.startswith("_")
    }


def _schema():
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError as error:
        raise InputError(
            "Reading .tflite files needs the package ai-edge-litert, which is "
            "not installed. Install tfkd with it: pip install 'tfkd[tflite]'."
        ) from error
    return schema_py_generated
