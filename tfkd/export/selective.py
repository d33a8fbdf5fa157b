"""int8 files with some layers in float: named ones, or the most sensitive.

How sensitive a layer is was measured, not guessed: it alone is quantized, and
the outputs are compared with those of the float file. TensorFlow's
quantization debugger makes these files from one calibration, in some 20 ms
each; `ai-edge-quantizer` can leave out layers as well, but its int8 files ran
a fourth slower (see `tfkd.export.modes`).
"""

import pathlib
import tempfile

import numpy as np

from tfkd.errors import unknown
from tfkd.export.inspect import inspect
from tfkd.export.litert import LiteRTModel

# Enough to rank layers by; each operation costs as many invocations.
_IMAGES = 32


def quantize(converter, images, float_layers, sensitive_layers):
    """Returns a file's bytes, and what was kept in float and why.

    Args:
        converter: A function from a mode to TensorFlow's converter.
        images: Calibration images.
        float_layers: Names of layers to keep in float.
        sensitive_layers: How many of the other layers to keep: those with
            the largest error.

    Returns:
        `(content, facts)`, see `tfkd.export.convert.convert`.

    Raises:
        InputError: If a name is no layer of the file.
    """
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        trial = _Trial(pathlib.Path(folder), images[:_IMAGES])
        floats = trial.operations(converter("float32").convert())
        everything = trial.tensors()
        _check_names(float_layers, floats)
        options = tf.lite.experimental.QuantizationDebugOptions()
        calibrated = converter("int8_selective")
        debugger = tf.lite.experimental.QuantizationDebugger(
            converter=calibrated,
            debug_dataset=calibrated.representative_dataset,
            debug_options=options,
        )
        errors = {}
        for tensor in floats:
            options.denylisted_nodes = [t for t in everything if t != tensor]
            content = debugger.get_nondebug_quantized_model()
            errors[tensor] = trial.error(content)
    kept = _chosen(floats, errors, float_layers, sensitive_layers)
    options.fully_quantize = True
    options.denylisted_nodes = sorted(kept)
    content = debugger.get_nondebug_quantized_model()
    sensitivity = [
        {"layer": op.layers[0], "op": op.name, "error": errors[tensor]}
        for tensor, op in floats.items()
    ]
    return content, {
        "float_layers": sorted({floats[tensor].layers[0] for tensor in kept}),
        "sensitivity": sorted(sensitivity, key=lambda row: -row["error"]),
    }


class _Trial:
    """Runs candidates on the same images and compares with the float file."""

    def __init__(self, folder, images):
        self._path, self._images = folder / "trial.tflite", images
        self._expected = None

    def operations(self, content):
        """Returns output tensor to `Operation`, of those that layers make."""
        self._expected = self._answers(content)
        found = inspect(self._path).operations
        return {op.tensor: op for op in found if op.layers}

    def tensors(self):
        """Returns the output tensors of all operations of that file."""
        return [op.tensor for op in inspect(self._path).operations]

    def error(self, content):
        """Returns the root mean square of what the outputs move by."""
        moved = self._answers(content) - self._expected
        return float(np.sqrt(np.mean(np.square(moved, dtype=np.float64))))

    def _answers(self, content):
        self._path.write_bytes(content)
        return LiteRTModel(self._path).predict(self._images)


def _check_names(wanted, operations):
    known = sorted({name for op in operations.values() for name in op.layers})
    for name in wanted:
        if name not in known:
            raise unknown(
                "layer in the converted file",
                name,
                known,
                "A layer that was fused into another has that one's name.",
            )


def _chosen(operations, errors, float_layers, count):
    """Returns the output tensors of the operations to keep in float."""
    kept = {
        tensor
        for tensor, op in operations.items()
        if set(op.layers) & set(float_layers)
    }
    rest = [tensor for tensor in errors if tensor not in kept]
    # What costs nothing is not kept, however many were asked for.
    rest = [tensor for tensor in rest if errors[tensor] > 0]
    rest.sort(key=lambda tensor: (-errors[tensor], tensor))
    return kept | set(rest[:count])
