"""What is inside a `.tflite` file: operations, types, sizes; no TensorFlow."""

import collections
import dataclasses
import struct

from tfkd.errors import InputError
from tfkd.export import gpu_delegate
from tfkd.export import graph
from tfkd.export import listing
from tfkd.export import litert
from tfkd.export import macs
from tfkd.export import unsupported

_FLOATS = ("FLOAT16", "BFLOAT16", "FLOAT32", "FLOAT64")
# They need a runtime with variables, or one built with all of TensorFlow.
_REFUSED = ("CUSTOM", "DELEGATE", "READ_VARIABLE", "VAR_HANDLE")


@dataclasses.dataclass(frozen=True)
class Operation:
    """One node of the graph: what it is, reads, writes, and costs.

    Attributes:
        name: Name of the builtin.
        inputs: Types of the tensors that it reads.
        outputs: Types of the tensors that it writes.
        tensor: Name of the first tensor that it writes.
        shape: Shape of that tensor.
        activations: Types of those of its inputs that are computed.
        constants: Pairs of type and bytes: the constants that it reads, also
            through a DEQUANTIZE. One that two operations read counts for both.
        reads: Positions of the operations whose outputs it reads.
        macs: Multiply-accumulates: see `tfkd.export.macs.count`.
        quantization: `"per channel"` if a constant has a scale for each
            channel, `"per tensor"` if its tensors have one, else `""`.
        unpacks: Whether it only makes floats of constants for others.
    """

    name: str
    inputs: tuple
    outputs: tuple
    tensor: str = ""
    shape: tuple = ()
    activations: tuple = ()
    constants: tuple = ()
    reads: tuple = ()
    macs: int = 0
    quantization: str = ""
    unpacks: bool = False

    @property
    def layers(self):
        """Names of the Keras layers that it was made of."""
        return unsupported.layers_of(self.tensor)

    @property
    def touches_float(self):
        return any(kind in _FLOATS for kind in (*self.inputs, *self.outputs))

    @property
    def num_bytes(self):
        """Bytes of the constants that it reads."""
        return sum(count for _, count in self.constants)

    @property
    def weights(self):
        """Type of the largest constant that it reads; empty without one.

        Biases, shapes and axes are INT32: they count where there is no other.
        """
        if not self.constants:
            return ""
        return max(self.constants, key=lambda c: (c[0] != "INT32", c[1]))[0]

    @property
    def changes(self):
        """`(from, to)` where it changes the type of what flows, else `()`."""
        kinds = (*self.activations[:1], *self.outputs[:1])
        return kinds if len(set(kinds)) == 2 else ()

    def details(self):
        """Returns everything as a dict for JSON."""
        return {
            **dataclasses.asdict(self),
            "layers": self.layers,
            "num_bytes": self.num_bytes,
        }


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
    def macs(self):
        """Multiply-accumulates of one invocation."""
        return sum(op.macs for op in self.operations)

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

    def details(self):
        """Returns everything that is known of the file as a dict for JSON."""
        return {
            "num_bytes": self.num_bytes,
            "macs": self.macs,
            "fully_integer": self.fully_integer,
            "float_ops": self.float_ops,
            "refused_ops": self.refused_ops,
            "tensors": self.dtypes,
            "constants": self.constants,
            "operations": [op.details() for op in self.operations],
            "gpu_rejects": [dataclasses.asdict(r) for r in self.gpu_rejects],
        }

    def __str__(self):
        return listing.text(self)


def inspect(path):
    """Reads a `.tflite` file and returns its `Inspection`; print it.

    Raises:
        InputError: If the file is missing, truncated or no TFLite model.
    """
    content = litert.read_file(path)
    try:
        return _inspect(graph.parse(content), len(content))
    except (
        struct.error,
        AttributeError,
        IndexError,
        TypeError,
        ValueError,
    ) as error:
        raise InputError(
            f"{path} is damaged: it starts as a .tflite file, but cannot be "
            f"read to its end ({error}). Export it again."
        ) from error


def _inspect(model, num_bytes):
    dtypes, constants = collections.Counter(), collections.Counter()
    found, rejects = [], []
    for part in graph.graphs(model):
        for tensor in part.tensors:
            dtypes[tensor.kind] += 1
            constants[tensor.kind] += tensor.num_bytes
        made = operations(part, len(found))
        for node, operation in zip(part.nodes, made, strict=True):
            reason = gpu_delegate.refusal(node)
            if reason:
                place = (len(found), operation.name, operation.layers)
                rejects.append(Reject(*place, reason))
            found.append(operation)
    return Inspection(
        operations=tuple(found),
        dtypes=dict(dtypes),
        constants=dict(constants),
        num_bytes=num_bytes,
        gpu_rejects=tuple(rejects),
    )


def operations(part, start=0):
    """Describes the nodes of a subgraph.

    Args:
        part: A `tfkd.export.graph.Graph`.
        start: Position of its first node among all of the file.

    Returns:
        An `Operation` for each node.
    """
    reads = collections.defaultdict(list)
    for position, node in enumerate(part.nodes, start):
        for reader in node.readers:
            reads[reader].append(position)
    unpacked = {
        node.outputs[0]: node.inputs[0]
        for node in part.nodes
        if node.name == "DEQUANTIZE" and node.inputs[0].constant
    }
    return [_operation(n, unpacked, tuple(reads[n])) for n in part.nodes]


def _operation(node, unpacked, reads):
    unpacks = any(tensor in unpacked for tensor in node.outputs)
    read = [unpacked.get(tensor, tensor) for tensor in node.given]
    constants = [tensor for tensor in read if tensor.constant]
    held = [] if unpacks else [(t.kind, t.num_bytes) for t in constants]
    return Operation(
        node.name,
        tuple(tensor.kind for tensor in node.given),
        tuple(tensor.kind for tensor in node.outputs),
        tensor=node.outputs[0].name if node.outputs else "",
        shape=node.outputs[0].shape if node.outputs else (),
        activations=tuple(t.kind for t in read if not t.constant),
        constants=tuple(held),
        reads=reads,
        macs=macs.count(node),
        quantization=_quantization(constants, (*node.given, *node.outputs)),
        unpacks=unpacks,
    )


def _quantization(constants, tensors):
    if any(tensor.scales > 1 for tensor in constants):
        return "per channel"
    return "per tensor" if any(tensor.scales for tensor in tensors) else ""
