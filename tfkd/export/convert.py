"""Keras models to `.tflite` files, in one child process.

TensorFlow's converter ends with a segmentation fault on NaN calibration data
and on some graphs, and writes a float model, silently, when the calibration
set is empty. So calibration data is checked first, and the converter runs in
a child whose death becomes an error that names the model.
"""

import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.export import child_process
from tfkd.export import modes

SIGNATURE = "serve"
INPUT = "image"
OUTPUT = "probabilities"
RAW_OUTPUT = "output"
# Task to the rank of the model's output, `None` for any.
TASKS = {"classification": 2, "segmentation": 4, "raw": None}
# Fewer images leave the ranges of activations to chance; 100 to 500 is usual.
MIN_CALIBRATION = 10

_WORKER = "tfkd.export.convert_worker"
_LOG_LINES = 12


@dataclasses.dataclass(frozen=True)
class Conversion:
    """One file to make.

    Attributes:
        model: Path of a `.keras` file with one input, images, and one output.
        destination: Path of the `.tflite` file.
        mode: Name of `tfkd.export.modes.names()`: `"float32"`, `"float16"`,
            `"dynamic_int8"`, `"int8"`, `"int8_signed"`, `"int8_selective"`
            or `"int16x8"`.
        calibration: Raw images `(count, height, width, channels)`, needed by
            the last four and refused by the others.
        source: The config's model dict that it was built from, if any: a
            user's own layers register when their module is imported.
        task: `"classification"`: the model's output is logits `(batch,
            classes)`, the file's their softmax, which the model may have at
            its end already; `"segmentation"`: likewise `(batch, height,
            width, classes)`; `"raw"`: the file's output is the model's,
            whatever it is.
        float_layers: Names of Keras layers that `"int8_selective"` keeps in
            float32.
        sensitive_layers: How many more it keeps: those that cost most when
            they alone are quantized.
        value_range: `(lowest, highest)` raw pixel value of the training
            images; calibration images that are scaled otherwise are refused.
        allow_float: Whether an integer mode may leave operations in float
            that have no integer kernel.
    """

    model: str
    destination: str
    mode: str = "float32"
    calibration: np.ndarray | None = None
    source: dict | None = None
    task: str = "classification"
    float_layers: tuple = ()
    sensitive_layers: int = 0
    allow_float: bool = False
    value_range: tuple | None = None

    def __post_init__(self):
        mode = modes.get(self.mode)
        if self.task not in TASKS:
            raise unknown("task of an export", self.task, TASKS)
        if mode.calibrated:
            check_calibration(self.calibration, self.value_range)
        elif self.calibration is not None:
            raise InputError(
                f"Mode {self.mode!r} uses no calibration data, received "
                f"{len(self.calibration)} images. Leave `calibration` out, "
                "or ask for 'int8'."
            )
        self._check_selection(mode)
        _check_model(self.model)

    def _check_selection(self, mode):
        selected = bool(self.float_layers) or self.sensitive_layers > 0
        if self.sensitive_layers < 0 or selected != mode.selective:
            raise InputError(
                "Layers to keep in float belong to mode 'int8_selective', "
                f"which needs some; received mode {self.mode!r}, float_layers="
                f"{tuple(self.float_layers)}, sensitive_layers="
                f"{self.sensitive_layers}. Name layers, or a number >= 1."
            )


def _check_model(model):
    path = pathlib.Path(model)
    if not path.is_file():
        raise InputError(
            f"The model to convert must be a .keras file, {str(model)!r} "
            "does not exist. Save the model there first."
        )
    with path.open("rb") as stream:
        converted = stream.read(8)[4:] == b"TFL3"
    if converted:
        raise InputError(
            f"The model to convert must be a .keras file, {path.name} is a "
            ".tflite file: what was converted, or quantized, cannot be "
            "converted again. Give the float model that it was made of."
        )


def check_calibration(images, value_range=None):
    """Refuses images that would make a quantized model silently wrong.

    Args:
        images: Raw images `(count, height, width, channels)`.
        value_range: `(lowest, highest)` pixel value of the data set, where it
            is known.

    Raises:
        InputError: If there are none or too few, if one is not finite, if all
            pixels are equal, or if they cannot come from `value_range`.
    """
    if images is None or len(images) == 0:
        raise InputError(
            "Quantization to int8 needs at least one calibration image, "
            "received none: the converter would silently write a float "
            "model. Raise `calibration_examples` or check the train split."
        )
    bad = ~np.isfinite(images.reshape(len(images), -1)).all(axis=1)
    if bad.any():
        raise InputError(
            "Calibration images must be finite; NaN or infinity found in "
            f"{int(bad.sum())} of {len(images)}, the first at position "
            f"{int(bad.argmax())}. Remove them from the training data."
        )
    low, high = float(images.min()), float(images.max())
    if low == high:
        raise InputError(
            "Calibration images must differ: every pixel of all "
            f"{len(images)} is {low:g}. Quantization takes its ranges from "
            "them; use real training images."
        )
    if value_range is not None:
        _check_range(low, high, *value_range)
    if len(images) < MIN_CALIBRATION:
        raise InputError(
            f"Quantization needs at least {MIN_CALIBRATION} calibration "
            f"images, received {len(images)}: ranges taken from so few cut "
            "off what other images need. 100 to 500 training images are usual."
        )


def _check_range(low, high, lowest, highest):
    inside = lowest <= low and high <= highest
    # Real images use most of their range; a tenth of it means that they were
    # rescaled (0..1 instead of 0..255).
    if not inside or high - low < 0.1 * (highest - lowest):
        raise InputError(
            f"Calibration images must be raw pixels in [{lowest:g}, "
            f"{highest:g}], as in training; received values in [{low:g}, "
            f"{high:g}]. Do not rescale them: the model does."
        )


def convert(conversions, *, tmp_dir=None, timeout=1800):
    """Converts all of `conversions`, paying for one TensorFlow import.

    Each file has the signature `serve(image) -> probabilities` (`output` for
    the task `"raw"`) with a batch of 1, holds builtin operations only, and is
    the same, byte for byte, each time. It counts as converted once its tensors
    have the types that its mode promises and it was loaded, allocated and
    invoked with finite outputs. Files that were finished before an error
    stay.

    Args:
        conversions: `Conversion`s.
        tmp_dir: Scratch directory; the system's one by default.
        timeout: Seconds for all of them together.

    Returns:
        One dict for each: `destination` and `seconds`; of `"int8_selective"`
        also `float_layers`, what was kept in float, and `sensitivity`, a list
        of `layer`, `op` and `error`, the worst first: by how much the outputs
        move, root mean square, when only this operation is quantized.

    Raises:
        InputError: If a model cannot be converted as it is, or its file is
            not what its mode promises.
        RuntimeError: If the converter fails or dies.
    """
    conversions = list(conversions)
    with tempfile.TemporaryDirectory(dir=tmp_dir) as scratch:
        scratch = pathlib.Path(scratch)
        request, response = scratch / "request.json", scratch / "response.json"
        items = [
            _request(conversion, scratch / f"calibration-{index}.npy")
            for index, conversion in enumerate(conversions)
        ]
        request.write_text(json.dumps({"conversions": items}))
        code, log = _run_child(request, response, scratch, timeout)
        results = []
        if response.exists():
            results = json.loads(response.read_text())["results"]
    return _checked(conversions, results, code, log)


def _request(conversion, calibration_path):
    item = dataclasses.asdict(conversion)
    item["calibration"] = None
    if conversion.calibration is not None:
        images = conversion.calibration.astype(np.float32)
        np.save(calibration_path, images)
        item["calibration"] = str(calibration_path)
    return item


def _run_child(request, response, scratch, timeout):
    """Returns the child's exit code (`None`: out of time) and its log."""
    log = scratch / "log.txt"
    command = [sys.executable, "-m", _WORKER, str(request), str(response)]
    with log.open("wb") as stream:
        try:
            code = subprocess.run(
                command,
                env=child_process.environment(scratch),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                timeout=timeout,
            ).returncode
        except subprocess.TimeoutExpired:
            code = None
    return code, log.read_text(errors="replace")


def _checked(conversions, results, code, log):
    for conversion, result in zip(conversions, results):
        error = result.get("error")
        if error:
            kind = InputError if error["kind"] == "input" else RuntimeError
            raise kind(f"Converting {_name(conversion)}: {error['message']}")
    if code == 0 and len(results) == len(conversions):
        return results
    # Results are written one by one: the first missing one is the culprit.
    tail = "\n".join(log.strip().splitlines()[-_LOG_LINES:])
    if len(results) == len(conversions):
        culprit = "the models (after the last one)"
    else:
        culprit = _name(conversions[len(results)])
    raise RuntimeError(
        f"The converter's process {child_process.ending(code)} while "
        f"converting {culprit}. "
        "Simplify the model's last change, or convert it as float32, to find "
        f"the layer. Its last words:\n{tail or '(none)'}"
    )


def _name(conversion):
    return f"{conversion.model} to {conversion.mode}"
