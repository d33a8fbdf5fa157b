"""The child process of recipes that train: `python -m ... REQUEST.json`.

Kept apart because tfmot turns its process over to legacy Keras, and because
the converter may kill it. Its standard output is one JSON value a line: how
far it came (`progress`), a recipe that is done (`result`), an `error`.
"""

import json
import os
import pathlib
import sys
import threading

import numpy as np

from tfkd.errors import InputError
from tfkd.export import child_process


def main(request_path):
    """Runs the recipes of a request, one after the other."""
    # Whatever else writes to standard output goes to the log.
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def say(**values):
        channel.write(json.dumps(values) + "\n")

    request = json.loads(pathlib.Path(request_path).read_text())
    try:
        stages = _stages(request, lambda **values: say(progress=values))
        for name in request["recipes"]:
            say(started=name)
            say(result=_one(stages, name, request))
    except InputError as error:
        say(error={"kind": "input", "message": str(error)})
    except Exception as error:
        lines = str(error).strip().splitlines()[:6]
        message = f"{type(error).__name__}: " + "\n".join(lines)
        say(error={"kind": "other", "message": message})


def _end_with_parent():
    """Ends this process when the parent's end of the pipe is closed."""
    sys.stdin.buffer.read()
    os._exit(1)


def _stages(request, report):
    from tfkd.compression import legacy
    from tfkd.compression.stages import Stages
    from tfkd.training import model_files

    report(message="loading TensorFlow and tfmot")
    legacy.tfmot()
    student = model_files.load_file(request["student"], request["source"])
    refuse_quantized(student)
    data = _data(request)
    return Stages(
        classifier(student, data.training),
        data,
        request["settings"],
        seed=request["seed"],
        backup_dir=request["backup_dir"],
        identity=request["identity"],
        report=report,
    )


def refuse_quantized(student):
    """Raises `InputError` if Keras has quantized a layer already."""
    for layer in student._flatten_layers():
        mode = getattr(layer, "quantization_mode", None)
        if mode is not None:
            raise InputError(
                "A student must be a float model; layer "
                f"{layer.name!r} was quantized to {mode} already. Give the "
                "model from before `quantize`."
            )


def classifier(student, training):
    """Returns a student from images to logits, without a softmax at its end.

    It is in float32, and has a tensor in and a tensor out.

    Args:
        student: A model; one whose graph is not known stays as it is, and is
            refused by who carries it to legacy Keras.
        training: `TrainingData` or `None`.

    Raises:
        InputError: If its outputs are no logits of two or more classes, or
            labels or teacher have other classes.
    """
    from tfkd.export import convert_worker
    from tfkd.taps.graph import is_functional

    if not is_functional(student) or len(student.outputs) != 1:
        return student
    student = convert_worker.prepared(student)
    shape = tuple(student.outputs[0].shape)
    if len(shape) != 2:
        raise InputError(
            "A student must return logits of shape (batch, classes), received "
            f"{shape}. Recipes are for classifiers: end it in a Dense layer, "
            "or convert it with tfkd.export.convert, which has other tasks."
        )
    convert_worker.check_scores(student)
    if training is not None:
        training.check_classes(student.outputs[0].shape[-1])
    return convert_worker.without_softmax(student)


def _data(request):
    from tfkd.compression.data import CompressionData
    from tfkd.compression.data import TrainingData

    folder = pathlib.Path(request["arrays"])
    arrays = {
        path.stem: np.load(path, allow_pickle=False)
        for path in folder.glob("*.npy")
    }
    training = None
    if "labels" in arrays:
        training = TrainingData(
            arrays["train_images"],
            arrays["labels"],
            arrays.get("teacher_logits"),
        )
    return CompressionData(
        np.arange(len(arrays["images"])),
        arrays["images"],
        tuple(request["value_range"]),
        training,
    )


def _one(stages, name, request):
    import tf_keras

    from tfkd.compression import registry

    # Names in a file must not depend on the recipes before it.
    tf_keras.backend.clear_session()
    content, done = stages.run(registry.get(name))
    pathlib.Path(request["output"], f"{name}.tflite").write_bytes(content)
    return {"recipe": name, **done}


if __name__ == "__main__":
    child_process.end_with_parent()
    main(*sys.argv[1:])
