"""Runs a `.tflite` file in the `ai_edge_litert` interpreter."""

import dataclasses
import importlib.metadata
import pathlib
import re

import numpy as np

from tfkd import quiet
from tfkd.errors import InputError


@dataclasses.dataclass(frozen=True)
class TensorInfo:
    """An input or output of a file.

    Attributes:
        name: Its name in the file's signature.
        shape: Shape, with the batch of 1.
        dtype: Name of its NumPy dtype.
        scale: Real value of one integer step; `None` if it is not quantized.
        zero_point: Integer that stands for 0; `None` if not quantized.
    """

    name: str
    shape: tuple
    dtype: str
    scale: float | None = None
    zero_point: int | None = None

    def quantize(self, values):
        """Returns real `values` in this tensor's dtype."""
        if self.scale is None:
            return values.astype(self.dtype)
        limits = np.iinfo(self.dtype)
        steps = np.round(values / self.scale) + self.zero_point
        return np.clip(steps, limits.min, limits.max).astype(self.dtype)

    def dequantize(self, values):
        """Returns this tensor's `values` as float32."""
        if self.scale is None:
            return values.astype(np.float32)
        steps = values.astype(np.float32) - np.float32(self.zero_point)
        return steps * np.float32(self.scale)


class LiteRTModel:
    """A loaded and allocated `.tflite` file with one input and one output.

    Args:
        path: The file.
        num_threads: Threads of the interpreter.
        xnnpack: Whether XNNPACK runs the operations that it knows, which is
            the runtime's default; else the runtime's own kernels run all.
        **options: Further arguments of the runtime's interpreter.

    Attributes:
        interpreter: The runtime's own.

    Raises:
        InputError: If the file is missing, truncated or no TFLite model, or
            if it needs an operation that the runtime lacks.
        RuntimeError: If the interpreter cannot allocate it.
    """

    def __init__(self, path, num_threads=1, xnnpack=True, **options):
        self.path = str(path)
        self.interpreter = load(
            self.path, num_threads=num_threads, xnnpack=xnnpack, **options
        )
        self.signature, names = _signature(self.interpreter, self.path)
        (details,) = self.interpreter.get_input_details()
        self._input = details["index"]
        self.input = _info(details, names["inputs"][0])
        (details,) = self.interpreter.get_output_details()
        self._output = details["index"]
        self.output = _info(details, names["outputs"][0])

    def invoke(self, tensor):
        """Runs one input, in the file's own dtype and shape."""
        self.interpreter.set_tensor(self._input, tensor)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self._output)

    def predict(self, images):
        """Returns the outputs for raw images, one after the other.

        Args:
            images: `(count, height, width, channels)`, raw pixels.

        Returns:
            float32 probabilities `(count, classes)`. Those of a quantized
            file are multiples of its output step and sum to 1 only roughly.

        Raises:
            InputError: If the images have another shape than the input.
            RuntimeError: If an output is not finite.
        """
        images = np.asarray(images, np.float32)
        if images.shape[1:] != self.input.shape[1:]:
            raise InputError(
                f"{self.path} takes images of shape {self.input.shape[1:]}, "
                f"received {images.shape[1:]}. Use the data set that its "
                "model was trained on."
            )
        tensors = self.input.quantize(images)
        outputs = [self.invoke(tensor[None])[0].copy() for tensor in tensors]
        if not outputs:
            return np.zeros((0, *self.output.shape[1:]), np.float32)
        result = self.output.dequantize(np.stack(outputs))
        if not np.isfinite(result).all():
            bad = ~np.isfinite(result.reshape(len(result), -1)).all(axis=1)
            raise RuntimeError(
                f"{self.path} runs but returns NaN or infinity for "
                f"{int(bad.sum())} of {len(images)} images. Check its model's "
                "weights and inputs."
            )
        return result


def runtime():
    """Imports the interpreter's module.

    Raises:
        InputError: If `ai_edge_litert` is not installed.
    """
    try:
        from ai_edge_litert import interpreter
    except ImportError as error:
        raise InputError(
            "Running .tflite files needs the package ai-edge-litert, which is "
            "not installed. Install tfkd with it: pip install 'tfkd[tflite]'."
        ) from error
    return interpreter


def read_file(path):
    """Returns the bytes of a `.tflite` file.

    Raises:
        InputError: If it is missing or no TFLite flatbuffer.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"There is no .tflite file {path}. Export it first.")
    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        raise InputError(
            f"{path} is not a .tflite file: it must hold 'TFL3' at byte 4, "
            f"found {content[4:8]!r} in {len(content)} bytes. Export again."
        )
    return content


def load(path, *, xnnpack=True, **options):
    """Returns the runtime's own interpreter for a file, allocated.

    Args:
        path: The file.
        xnnpack: See `LiteRTModel`.
        **options: Further arguments of the interpreter.

    Raises:
        InputError: See `LiteRTModel`.
        RuntimeError: See `LiteRTModel`.
    """
    content = read_file(path)
    if not xnnpack:
        kinds = runtime().OpResolverType
        options["experimental_op_resolver_type"] = (
            kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        )
    try:
        with quiet.aside():
            interpreter = runtime().Interpreter(
                model_content=content, **options
            )
            interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise _loading_error(path, str(error)) from error
    return interpreter


def _loading_error(path, message):
    """Returns a user's error where the file is at fault, else another."""
    lacking = re.search(
        r"Didn't find op for builtin opcode '(\w+)' version '(\d+)'", message
    )
    if lacking:
        op, version = lacking.groups()
        release = importlib.metadata.version("ai-edge-litert")
        return InputError(
            f"{path} needs version {version} of the operation {op}, which "
            f"ai-edge-litert {release} does not have: the file was made for a "
            "newer runtime. Update the runtime, or export the model again."
        )
    if "flatbuffer" in message.lower():
        return InputError(
            f"{path} is damaged: it starts as a .tflite file, but the runtime "
            f"cannot read it ({message}). Copy or export it again."
        )
    return RuntimeError(
        f"{path} cannot be run by ai_edge_litert: {message} Its tensors do "
        "not fit the runtime's kernels."
    )


def _signature(interpreter, path):
    signatures = interpreter.get_signature_list()
    if len(signatures) != 1:
        raise InputError(
            f"{path} must have one signature, found {sorted(signatures)}. "
            "Export it with tfkd.export.convert."
        )
    ((name, names),) = signatures.items()
    if len(names["inputs"]) != 1 or len(names["outputs"]) != 1:
        raise InputError(
            f"{path} must have one input and one output, its signature has "
            f"{names}. Export it with tfkd.export.convert."
        )
    return name, names


def _info(details, name):
    scale, zero_point = details["quantization"]
    quantized = np.issubdtype(details["dtype"], np.integer) and scale > 0
    return TensorInfo(
        name=name,
        shape=tuple(int(size) for size in details["shape"]),
        dtype=np.dtype(details["dtype"]).name,
        scale=float(scale) if quantized else None,
        zero_point=int(zero_point) if quantized else None,
    )
