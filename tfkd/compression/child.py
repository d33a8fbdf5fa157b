"""Runs recipes that train in one child process, and watches it."""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from tfkd.errors import InputError
from tfkd.export import child_process

_WORKER = "tfkd.compression.worker"
_LOG_LINES = 12


def run(recipes, student, *, data, settings, seed, options):
    """Makes the files of recipes, paying for one import of tfmot.

    Args:
        recipes: Their names.
        student: Path of the `.keras` file.
        data: `CompressionData`.
        settings: Complete settings, see `tfkd.compression.settings`.
        seed: Seed of the data order.
        options: `Options`.

    Yields:
        `(content, done)` for each recipe, as soon as it is made; see
        `Stages.run`.

    Raises:
        InputError: If the student or the data do not fit a recipe.
        RuntimeError: If the process fails or dies.
    """
    with tempfile.TemporaryDirectory(dir=options.tmp_dir) as scratch:
        scratch = pathlib.Path(scratch)
        request = _write_request(
            scratch, recipes, student, data, settings, seed, options
        )
        left = list(recipes)
        for message in _messages(request, scratch, options, left):
            done = message["result"]
            content = (scratch / f"{done.pop('recipe')}.tflite").read_bytes()
            left.pop(0)
            yield content, done


def _write_request(scratch, recipes, student, data, settings, seed, options):
    arrays = {"images": data.images.astype(np.float32)}
    if data.training is not None:
        arrays["train_images"] = data.training.images
        arrays["labels"] = data.training.labels
        if data.training.teacher_logits is not None:
            arrays["teacher_logits"] = data.training.teacher_logits
    folder = scratch / "arrays"
    folder.mkdir()
    identity = hashlib.sha256(pathlib.Path(student).read_bytes())
    for name, array in sorted(arrays.items()):
        array = np.ascontiguousarray(array)
        np.save(folder / f"{name}.npy", array)
        identity.update(f"{name}{array.dtype}{array.shape}".encode())
        identity.update(array.tobytes())
    request = scratch / "request.json"
    values = {
        "arrays": str(folder),
        "backup_dir": options.backup_dir,
        "identity": identity.hexdigest(),
        "output": str(scratch),
        "recipes": list(recipes),
        "seed": seed,
        "settings": settings,
        "source": options.source,
        "student": str(student),
        "value_range": [float(value) for value in data.value_range],
    }
    request.write_text(json.dumps(values))
    return request


def _messages(request, scratch, options, left):
    """Yields the child's results; raises its errors and its death."""
    log = scratch / "log.txt"
    command = [sys.executable, "-m", _WORKER, str(request)]
    with (
        log.open("wb") as stream,
        subprocess.Popen(
            command,
            env=child_process.environment(scratch),
            # It ends when this end of the pipe is closed, as a kill does.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stream,
            text=True,
        ) as child,
    ):
        try:
            for line in child.stdout:
                message = json.loads(line)
                if "progress" in message:
                    options.report(**message["progress"])
                elif "error" in message:
                    raise _error(message["error"], left)
                elif "result" in message:
                    yield message
            code = child.wait()
        finally:
            child.kill()
    if left:
        tail = log.read_text(errors="replace").strip().splitlines()
        raise RuntimeError(
            f"The process that compresses {child_process.ending(code)} while "
            f"making {left[0]}. Simplify the model's last change, or use "
            "'int8_ptq', to find the layer. Its last words:\n"
            f"{chr(10).join(tail[-_LOG_LINES:]) or '(none)'}"
        )


def _error(error, left):
    kind = InputError if error["kind"] == "input" else RuntimeError
    return kind(f"{left[0]}: {error['message']}")
