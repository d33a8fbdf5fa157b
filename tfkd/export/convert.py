"""Keras models to `.tflite` files, in one child process.

TensorFlow's converter ends with a segmentation fault on NaN calibration data
and on some graphs, and writes a float model, silently, when the calibration
set is empty. So calibration data is checked first, and the converter runs in
a child whose death becomes an error that names the model.
"""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import numpy as np

from tfkd.errors import InputError
from tfkd.errors import unknown

MODES = ("float32", "int8")
SIGNATURE = "serve"
INPUT = "image"
OUTPUT = "probabilities"

_WORKER = "tfkd.export.convert_worker"
_LOG_LINES = 12


@dataclasses.dataclass(frozen=True)
class Conversion:
    """One file to make.

    Attributes:
        model: Path of a `.keras` file whose only output is logits of shape
            `(batch, classes)`.
        destination: Path of the `.tflite` file.
        mode: `"float32"`, or `"int8"`: every tensor an integer, uint8 in and
            out.
        calibration: Raw images `(count, height, width, channels)`, needed by
            `"int8"` and refused by `"float32"`.
        source: The config's model dict that it was built from, if any: a
            user's own layers register when their module is imported.
    """

    model: str
    destination: str
    mode: str = "float32"
    calibration: np.ndarray | None = None
    source: dict | None = None

    def __post_init__(self):
        if self.mode not in MODES:
            raise unknown("conversion mode", self.mode, MODES)
        if self.mode == "int8":
            check_calibration(self.calibration)
        elif self.calibration is not None:
            raise InputError(
                f"Mode {self.mode!r} uses no calibration data, received "
                f"{len(self.calibration)} images. Leave `calibration` out, "
                "or ask for 'int8'."
            )
        if not pathlib.Path(self.model).is_file():
            raise InputError(
                f"The model to convert must be a .keras file, {self.model!r} "
                "does not exist. Save the model there first."
            )


def check_calibration(images, value_range=None):
    """Refuses images that would make a quantized model silently wrong.

    Args:
        images: Raw images `(count, height, width, channels)`.
        value_range: `(lowest, highest)` pixel value of the data set, where it
            is known.

    Raises:
        InputError: If there are none, if one is not finite, if all pixels are
            equal, or if they cannot come from `value_range`.
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

    Each file has the signature `serve(image) -> probabilities` with a batch
    of 1, holds builtin operations only, and is the same, byte for byte, each
    time. Files that were finished before an error stay.

    Args:
        conversions: `Conversion`s.
        tmp_dir: Scratch directory; the system's one by default.
        timeout: Seconds for all of them together.

    Returns:
        One dict for each: `destination` and `seconds`.

    Raises:
        InputError: If a model cannot be converted as it is.
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
    env = dict(os.environ)
    # The converter gains nothing from a GPU, and legacy Keras (which
    # importing tfmot asks for) cannot read `.keras` files of Keras 3.
    env.pop("TF_USE_LEGACY_KERAS", None)
    env.update(
        CUDA_VISIBLE_DEVICES="-1",
        KERAS_BACKEND="tensorflow",
        PYTHONPATH=os.pathsep.join(path for path in sys.path if path),
        TF_CPP_MIN_LOG_LEVEL="3",
        TMPDIR=str(scratch),
    )
    log = scratch / "log.txt"
    command = [sys.executable, "-m", _WORKER, str(request), str(response)]
    with log.open("wb") as stream:
        try:
            code = subprocess.run(
                command,
                env=env,
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
        f"The converter's process {_ending(code)} while converting {culprit}. "
        "Simplify the model's last change, or convert it as float32, to find "
        f"the layer. Its last words:\n{tail or '(none)'}"
    )


def _name(conversion):
    return f"{conversion.model} to {conversion.mode}"


def _ending(code):
    if code is None:
        return "ran out of time"
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"
