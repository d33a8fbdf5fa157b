"""A `.tflite` file of 648 bytes, made from the schema, not by TensorFlow."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_OPERATORS = schema.BuiltinOperator
_TYPES = schema.TensorType


def content():
    """Returns the bytes: 3 features, 2 scores, and which one is larger."""
    buffers = [b"", np.ones(6, np.float32).tobytes(), b"\xff\xff\xff\xff"]
    graph = schema.SubGraphT()
    graph.tensors = [
        _tensor("features", (1, 3)),
        _tensor("weights", (2, 3), buffer=1),
        _tensor("scores", (1, 2)),
        _tensor("axis", (1,), _TYPES.INT32, buffer=2),
        _tensor("best", (1,), _TYPES.INT64),
    ]
    graph.inputs, graph.outputs = [0], [4]
    graph.operators = [
        _operator(
            0,
            [0, 1, -1],
            [2],
            schema.BuiltinOptions.FullyConnectedOptions,
            schema.FullyConnectedOptionsT(),
        ),
        _operator(
            1,
            [2, 3],
            [4],
            schema.BuiltinOptions.ArgMaxOptions,
            schema.ArgMaxOptionsT(outputType=_TYPES.INT64),
        ),
    ]
    model = schema.ModelT(version=3)
    model.operatorCodes = [
        _code(_OPERATORS.FULLY_CONNECTED),
        _code(_OPERATORS.ARG_MAX),
    ]
    model.subgraphs = [graph]
    model.buffers = [_buffer(data) for data in buffers]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _tensor(name, shape, kind=_TYPES.FLOAT32, buffer=0):
    tensor = schema.TensorT()
    tensor.name, tensor.shape = name, list(shape)
    tensor.type, tensor.buffer = kind, buffer
    return tensor


def _operator(code, inputs, outputs, kind, options):
    operator = schema.OperatorT()
    operator.opcodeIndex = code
    operator.inputs, operator.outputs = inputs, outputs
    operator.builtinOptionsType, operator.builtinOptions = kind, options
    return operator


def _code(builtin):
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = builtin
    code.version = 1
    return code


def _buffer(data):
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(data, np.uint8) if data else None
    return buffer
