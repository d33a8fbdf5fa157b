"""What a `.tflite` file really holds: its kernels, weight by weight.

Neither TensorFlow nor Keras: the proof must not depend on what made the file.
"""

import dataclasses

import numpy as np

from tfkd.export import litert
from tfkd.export.graph import parse

_KERNEL_OPS = ("CONV_2D", "FULLY_CONNECTED")


@dataclasses.dataclass(frozen=True)
class Kernel:
    """One kernel of a file.

    Attributes:
        op: Builtin operation that uses it.
        values: Stored integers or floats `(outputs, ..., input channels)`.
        dtype: TFLite's name of their type.
    """

    op: str
    values: np.ndarray
    dtype: str

    @property
    def sparsity(self):
        """Share of zeros."""
        return float(np.mean(self.values == 0))

    @property
    def distinct(self):
        """Number of different values."""
        return len(np.unique(self.values))

    @property
    def two_by_four(self):
        """Whether each four weights along the input have two zeros or more."""
        channels = self.values.shape[-1]
        if channels % 4:
            return False
        zeros = (self.values == 0).reshape(-1, 4).sum(axis=1)
        return bool((zeros >= 2).all())

    def as_dict(self):
        """Returns what `compression.json` says of it."""
        return {
            "distinct": self.distinct,
            "dtype": self.dtype,
            "op": self.op,
            "shape": [int(size) for size in self.values.shape],
            "sparsity": self.sparsity,
            "two_by_four": self.two_by_four,
        }


def kernels(path):
    """Returns the constant `Kernel`s of convolutions and dense layers.

    Raises:
        InputError: If the file is missing or no TFLite model.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = parse(litert.read_file(path))
    codes = {
        value: name
        for name, value in vars(schema.BuiltinOperator).items()
        if name in _KERNEL_OPS
    }
    found = []
    for graph in model.subgraphs:
        for op in graph.operators:
            code = model.operatorCodes[op.opcodeIndex]
            number = max(code.builtinCode, code.deprecatedBuiltinCode)
            if number in codes:
                tensor = graph.tensors[op.inputs[1]]
                data = model.buffers[tensor.buffer].data
                # float16 kernels come out of an operation, DEQUANTIZE.
                if data is not None:
                    values, dtype = _values(schema, tensor, data)
                    found.append(Kernel(codes[number], values, dtype))
    return found


def _values(schema, tensor, data):
    types = schema.TensorType
    raw = np.asarray(data, np.uint8)
    if tensor.type == types.INT4:
        # Two in a byte, the first in its lower half.
        halves = np.stack([raw & 15, raw >> 4], axis=1).reshape(-1)
        values = halves.astype(np.int8)
        values[values > 7] -= 16
        values, name = values[: int(np.prod(tensor.shape))], "INT4"
    else:
        name, dtype = {
            types.FLOAT16: ("FLOAT16", "<f2"),
            types.FLOAT32: ("FLOAT32", "<f4"),
            types.INT8: ("INT8", "i1"),
        }[tensor.type]
        values = raw.view(dtype)
    return values.reshape(tensor.shape), name


def prove(path, kept, *, sparsity, clusters, two_by_four):
    """Checks that a file's kernels have the patterns they were given.

    Args:
        path: The `.tflite` file.
        kept: Name to `patterns` (`"zeros"`, `"clusters"`) and `shape` of each
            kernel that has some.
        sparsity: Share of zeros that a kernel of zeros must have at least.
        clusters: Values that a clustered kernel may have at most.
        two_by_four: Whether zeros must come two in four.

    Returns:
        A dict: `kernels` (`Kernel.as_dict` of each), `patterned` (how many
        were checked), the least `sparsity` of those with zeros and the most
        `distinct` values of the clustered ones; `None` where there is none.

    Raises:
        RuntimeError: If a pattern is lost.
    """
    bounds = {
        "sparsity": sparsity,
        "clusters": clusters,
        "two_by_four": two_by_four,
    }
    every = kernels(path)
    free, chosen = list(every), []
    for name, wanted in sorted(kept.items()):
        same = [k for k in free if list(k.values.shape) == wanted["shape"]]
        matching = [k for k in same if _holds(k, wanted["patterns"], bounds)]
        if not matching:
            raise RuntimeError(
                f"The exported kernel of {name!r} must have its "
                f"{' and '.join(wanted['patterns'])} ({bounds}); of its shape "
                f"the file holds {[k.as_dict() for k in same]}. The converter "
                "changed it; this is not your model's fault."
            )
        chosen.append((matching[0], wanted["patterns"]))
        free = [kernel for kernel in free if kernel is not matching[0]]
    return {
        "kernels": [kernel.as_dict() for kernel in every],
        "patterned": len(chosen),
        "sparsity": min(
            (k.sparsity for k, kinds in chosen if "zeros" in kinds),
            default=None,
        ),
        "distinct": max(
            (k.distinct for k, kinds in chosen if "clusters" in kinds),
            default=None,
        ),
    }


def _holds(kernel, patterns, bounds):
    if "clusters" in patterns and kernel.distinct > bounds["clusters"]:
        return False
    if "zeros" not in patterns:
        return True
    # A share of a few weights can only be met to the nearest weight, and
    # pruning leaves one.
    count = kernel.values.size
    least = min(bounds["sparsity"] - 0.5 / count, 1 - 1 / count)
    enough = kernel.sparsity >= least
    return enough and (kernel.two_by_four or not bounds["two_by_four"])
