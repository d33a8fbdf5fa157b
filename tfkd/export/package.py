"""One folder a variant: the model, its labels, and what is known of it."""

import gzip
import hashlib
import importlib.metadata
import json
import pathlib

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.export import handoff
from tfkd.export import metadata
from tfkd.export.inspect import inspect
from tfkd.export.litert import LiteRTModel

FORMAT_VERSION = 1
NOT_MADE = "not_made.json"
FILES = tuple(
    sorted(("labels.txt", "model.json", "model.tflite", *handoff.FILES))
)
_PACKAGES = ("ai-edge-litert", "keras", "tensorflow", "tfkd")


def write(
    directory,
    tflite,
    *,
    labels,
    value_range,
    provenance,
    sample,
    task="classification",
):
    """Writes the model and its labels, and returns its description.

    A file counts as converted only when it was loaded, allocated and invoked
    with finite outputs; that happens here, on the very bytes that ship. Add
    to the description what was measured, then call `write_description`.

    Args:
        directory: Folder of the variant; made if it is missing.
        tflite: Path of the converted file.
        labels: Class names, in the order of the outputs; may be empty for
            the task `"raw"`.
        value_range: `(lowest, highest)` raw pixel value.
        provenance: Where the model comes from, for the file and for
            `model.json`.
        sample: A few raw images `(count, height, width, channels)`.
        task: What the file was converted for, see
            `tfkd.export.convert.Conversion`.

    Returns:
        The description, a dict for `model.json`.

    Raises:
        InputError: If labels and outputs disagree, or the file needs a
            runtime with more than builtin operations.
        RuntimeError: If the file does not run.
    """
    directory, tflite = pathlib.Path(directory), pathlib.Path(tflite)
    directory.mkdir(parents=True, exist_ok=True)
    _check_operations(tflite)
    model = LiteRTModel(tflite)
    facts = describe(model, labels, value_range, provenance, task)
    content = metadata.embed(tflite.read_bytes(), facts, labels)
    target = directory / "model.tflite"
    target.write_bytes(content)
    LiteRTModel(target).predict(sample)
    text = "".join(f"{label}\n" for label in labels)
    (directory / "labels.txt").write_text(text, encoding="utf-8")
    return {
        **facts,
        **inspect(target).as_dict(),
        "bytes": len(content),
        "gzip_bytes": gzip_size(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def write_description(directory, description):
    """Writes `model.json`."""
    text = json.dumps(description, indent=1, sort_keys=True)
    pathlib.Path(directory, "model.json").write_text(text + "\n")


def read_description(directory):
    """Returns what `model.json` says.

    Raises:
        InputError: If there is none.
    """
    path = pathlib.Path(directory, "model.json")
    if not path.is_file():
        raise InputError(
            f"{directory} must hold model.json, as the TFLiteExporter "
            "component writes it; it is missing. Export again."
        )
    return json.loads(path.read_text())


def write_not_made(directory, reasons):
    """Writes which variants could not be made, and why, if there are any.

    Args:
        directory: The `TFLiteModel` artifact.
        reasons: Variant to a sentence.
    """
    if reasons:
        text = json.dumps(reasons, indent=1, sort_keys=True)
        pathlib.Path(directory, NOT_MADE).write_text(text + "\n")


def not_made(directory):
    """Returns variant to why it could not be made."""
    path = pathlib.Path(directory, NOT_MADE)
    return json.loads(path.read_text()) if path.is_file() else {}


def unknown_variant(variant, known, directory):
    """Builds the error for a variant that was not exported.

    Args:
        variant: Its name.
        known: The names of those that were.
        directory: The `TFLiteModel` artifact.
    """
    reason = not_made(directory).get(variant)
    if reason is None:
        return unknown("exported variant", variant, known)
    return InputError(
        f"The variant {variant!r} must have been exported, and could not be: "
        f"{reason} Or name another: {', '.join(sorted(known))}."
    )


def describe(model, labels, value_range, provenance, task="classification"):
    """Returns what a user of the file must know to feed and to read it."""
    classes = model.output.shape[-1]
    needed = task != "raw" or len(labels) > 0
    if needed and len(labels) != classes:
        raise InputError(
            f"A model with {classes} outputs needs {classes} labels, received "
            f"{len(labels)}: {list(labels)[:10]}. Check `num_classes`."
        )
    facts = {
        "format_version": FORMAT_VERSION,
        "input": {**_tensor(model.input), "value_range": list(value_range)},
        "labels": list(labels),
        "output": _tensor(model.output),
        "preprocessing": "none: feed raw pixels, the model rescales them",
        "provenance": {**provenance, "versions": versions()},
        "signature": model.signature,
    }
    # Classifiers are the rule; their files do not say so.
    return facts if task == "classification" else {**facts, "task": task}


def versions():
    """Returns the versions of the packages that made a file."""
    return {name: importlib.metadata.version(name) for name in _PACKAGES}


def gzip_size(content):
    """Returns the bytes that `content` takes after `gzip -9`."""
    return len(gzip.compress(content, 9, mtime=0))


def _tensor(info):
    """A quantized tensor's real value is scale * (integer - zero_point)."""
    quantization = None
    if info.scale is not None:
        quantization = {"scale": info.scale, "zero_point": info.zero_point}
    return {
        "dtype": info.dtype,
        "name": info.name,
        "quantization": quantization,
        "shape": list(info.shape),
    }


def _check_operations(tflite):
    refused = inspect(tflite).refused_ops
    if refused:
        raise InputError(
            "A model for a phone may use TFLite's builtin operations only, "
            f"{tflite.name} has {', '.join(refused)}. Replace the layers that "
            "make them."
        )
