"""What is inside a `.tflite` file: operations, types, sizes; no TensorFlow."""

import collections
import dataclasses
import struct

from tfkd.errors import InputError
from tfkd.export import gpu_delegate
from tfkd.export import graph
from tfkd.export import litert
from tfkd.export import unsupported

_FLOATS = ("FLOAT16", "BFLOAT16", "FLOAT32", "FLOAT64")
# They need a runtime with variables, or one built with all of TensorFlow.
_REFUSED = ("CUSTOM", "DELEGATE", "READ_VARIABLE", "VAR_HANDLE")


@dataclasses.dataclass(frozen=True)
class Operation:
    """One node of the graph: builtin name, and types of its tensors.

    Attributes:
        name: Name of the builtin.
        inputs: Types of the tensors that it reads.
        outputs: Types of the tensors that it writes.
        tensor: Name of the first tensor that it writes.
    """

    name: str
    inputs: tuple
    outputs: tuple
    tensor: str = ""

    @property
    def layers(self):
        """Names of the Keras layers that it was made of."""
        return unsupported.layers_of(self.tensor)

    @property
    def touches_float(self):
        return any(kind in _FLOATS for kind in (*self.inputs, *self.outputs))


@dataclasses.dataclass(frozen=True)
class Reject:
    """An operation that a delegate leaves to the CPU.

    Attributes:
        index: Its position in `Inspection.operations`.
        name: Name of the builtin.
        layers: Names of the Keras layers that it was made of.
        reason: Why, in one phrase.
    """

    index: int
    name: str
    layers: tuple
    reason: str


@dataclasses.dataclass(frozen=True)
class Inspection:
    """Contents of a file.

    Attributes:
        operations: Every `Operation` of every subgraph, in order.
        dtypes: Tensor type to the number of tensors.
        constants: Tensor type to the bytes of constants.
        num_bytes: Size of the file.
        gpu_rejects: A `Reject` for every operation that TFLite's GPU delegate
            would not take, by its published rules (`tfkd.export.gpu_delegate`);
            advice, nothing was run on a GPU.
    """

    operations: tuple
    dtypes: dict
    constants: dict
    num_bytes: int
    gpu_rejects: tuple = ()

    @property
    def op_counts(self):
        names = collections.Counter(op.name for op in self.operations)
        return dict(sorted(names.items()))

    @property
    def float_ops(self):
        """Names of operations that read or write a float tensor."""
        names = {op.name for op in self.operations if op.touches_float}
        return tuple(sorted(names))

    @property
    def refused_ops(self):
        """Names of operations that a plain runtime cannot run."""
        names = {op.name for op in self.operations}
        return tuple(
            sorted(n for n in names if n.partition(":")[0] in _REFUSED)
        )

    @property
    def fully_integer(self):
        return not any(kind in self.dtypes for kind in _FLOATS)

    def as_dict(self):
        """Returns the summary that `model.json` holds."""
        return {
            "float_ops": list(self.float_ops),
            "fully_integer": self.fully_integer,
            "operations": self.op_counts,
            "tensor_types": dict(sorted(self.dtypes.items())),
        }

    def __str__(self):
        lines = [f"{self.num_bytes} bytes, {len(self.operations)} operations"]
        lines += [f"{count:5d} {op}" for op, count in self.op_counts.items()]
        lines.append("tensors and bytes of constants by type")
        lines += [
            f"{count:5d} {kind:8s} {self.constants.get(kind, 0)} bytes"
            for kind, count in sorted(self.dtypes.items())
        ]
        return "\n".join(lines)


def inspect(path):
    """Reads a `.tflite` file and returns its `Inspection`; print it.

    Raises:
        InputError: If the file is missing, truncated or no TFLite model.
    """
    content = litert.read_file(path)
    try:
        return _inspect(graph.parse(content), len(content))
    except (struct.error, IndexError, TypeError, ValueError) as error:
        raise InputError(
            f"{path} is damaged: it starts as a .tflite file, but cannot be "
            f"read to its end ({error}). Export it again."
        ) from error


def _inspect(model, num_bytes):
    dtypes, constants = collections.Counter(), collections.Counter()
    operations, rejects = [], []
    for part in graph.graphs(model):
        for tensor in part.tensors:
            dtypes[tensor.kind] += 1
            constants[tensor.kind] += tensor.num_bytes
        for node in part.nodes:
            operation = _operation(node)
            reason = gpu_delegate.refusal(node)
            if reason:
                rejects.append(
                    Reject(
                        len(operations),
                        operation.name,
                        operation.layers,
                        reason,
                    )
                )
            operations.append(operation)
    return Inspection(
        operations=tuple(operations),
        dtypes=dict(dtypes),
        constants=dict(constants),
        num_bytes=num_bytes,
        gpu_rejects=tuple(rejects),
    )


def _operation(node):
    return Operation(
        node.name,
        tuple(tensor.kind for tensor in node.given),
        tuple(tensor.kind for tensor in node.outputs),
        node.outputs[0].name if node.outputs else "",
    )
