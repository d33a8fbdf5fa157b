"""The child process of `convert`: `python -m ... REQUEST.json RESPONSE.json`.

Kept apart because the converter may kill its process. After each conversion
the response is rewritten, so the parent sees how far it came.
"""

import json
import os
import pathlib
import sys
import tempfile
import time

import numpy as np

from tfkd.errors import InputError
from tfkd.export.convert import INPUT
from tfkd.export.convert import OUTPUT
from tfkd.export.convert import SIGNATURE


def main(request_path, response_path):
    """Runs the conversions of a request, one after the other."""
    request = json.loads(pathlib.Path(request_path).read_text())
    results = []
    for item in request["conversions"]:
        results.append(run(item))
        partial = f"{response_path}.part"
        pathlib.Path(partial).write_text(json.dumps({"results": results}))
        os.replace(partial, response_path)


def run(item):
    """Runs one conversion and returns its result or its error."""
    started = time.monotonic()
    try:
        content = convert_one(item)
    except InputError as error:
        return {"error": {"kind": "input", "message": str(error)}}
    except Exception as error:
        message = f"{type(error).__name__}: {_first_lines(error)}"
        return {"error": {"kind": "converter", "message": message}}
    pathlib.Path(item["destination"]).write_bytes(content)
    seconds = time.monotonic() - started
    return {"destination": item["destination"], "seconds": seconds}


def convert_one(item):
    """Returns the bytes of one `.tflite` file.

    Raises:
        InputError: If the model or the calibration data does not fit.
    """
    from tfkd.training import model_files

    model = model_files.load_file(item["model"], item["source"])
    shape = check_model(model)
    images = None
    if item["calibration"]:
        images = np.load(item["calibration"])
        if images.shape[1:] != shape:
            raise InputError(
                "Calibration images must have the model's input shape "
                f"{shape}, received {images.shape[1:]}. Use the data set that "
                "the model was trained on."
            )
    with tempfile.TemporaryDirectory() as directory:
        _save(model, shape, directory)
        return _convert(directory, item["mode"], images)


def check_model(model):
    """Returns the input shape `(height, width, channels)` of a fit model.

    Raises:
        InputError: If the model has several inputs or outputs, an unknown
            dimension, outputs that are not logits, or weights that are not
            finite.
    """
    inputs, outputs = list(model.inputs), list(model.outputs)
    if len(inputs) != 1 or len(outputs) != 1:
        raise InputError(
            "A model for export must have one input and one output, received "
            f"{len(inputs)} and {len(outputs)}. Wrap it: "
            "keras.Model(model.inputs[0], model.outputs[0])."
        )
    shape = tuple(inputs[0].shape[1:])
    if None in shape:
        raise InputError(
            "A model for export must know its input size, received shape "
            f"{shape}. Build it with a fixed `input_shape`."
        )
    if len(outputs[0].shape) != 2:
        raise InputError(
            "A model for export must return logits of shape (batch, classes),"
            f" received {tuple(outputs[0].shape)}. End it in a Dense layer."
        )
    for weight in model.weights:
        if not np.isfinite(np.asarray(weight)).all():
            raise InputError(
                f"Weights must be finite; {weight.path!r} holds NaN or "
                "infinity. Train again with a lower learning rate."
            )
    return shape


def _save(model, shape, directory):
    """Writes a SavedModel: one image in, its class probabilities out."""
    import keras
    import tensorflow as tf

    def serve(image):
        logits = tf.cast(model(image, training=False), tf.float32)
        return {OUTPUT: tf.nn.softmax(logits)}

    # A fixed batch keeps shape arithmetic out of the graph.
    spec = tf.TensorSpec([1, *shape], tf.float32, name=INPUT)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(SIGNATURE, serve, input_signature=[spec])
    archive.write_out(directory, verbose=False)


def _convert(directory, mode, images):
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(
        directory, signature_keys=[SIGNATURE]
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if mode == "int8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [image[None]] for image in images
        )
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS_INT8
        ]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8
    return converter.convert()


def _first_lines(error, count=6):
    return "\n".join(str(error).strip().splitlines()[:count])


if __name__ == "__main__":
    main(*sys.argv[1:])
