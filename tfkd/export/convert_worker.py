"""The child process of `convert`: `python -m ... REQUEST.json RESPONSE.json`.

Kept apart because the converter may kill its process. After each conversion
the response is rewritten, so the parent sees how far it came.
"""

import functools
import json
import os
import pathlib
import sys
import tempfile
import time

import numpy as np

from tfkd.errors import InputError
from tfkd.export import checks
from tfkd.export import child_process
from tfkd.export import modes
from tfkd.export import selective
from tfkd.export import unsupported
from tfkd.export.convert import INPUT
from tfkd.export.convert import OUTPUT
from tfkd.export.convert import RAW_OUTPUT
from tfkd.export.convert import SIGNATURE
from tfkd.export.convert import TASKS
from tfkd.export.inspect import inspect


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
    """Runs one conversion and returns what is known of it, or its error."""
    started = time.monotonic()
    try:
        facts = convert_one(item)
    except InputError as error:
        return {"error": {"kind": "input", "message": str(error)}}
    except Exception as error:
        explained = unsupported.conversion_error(
            str(error), functools.partial(_float_operations, item)
        )
        if explained is not None:
            return {"error": {"kind": "input", "message": str(explained)}}
        message = f"{type(error).__name__}: {_first_lines(error)}"
        return {"error": {"kind": "converter", "message": message}}
    seconds = time.monotonic() - started
    return {"destination": item["destination"], "seconds": seconds, **facts}


def convert_one(item):
    """Makes one `.tflite` file and returns what is known besides.

    Raises:
        InputError: If the model, the calibration data or the file does not
            fit.
    """
    source = json.dumps(item["source"], sort_keys=True)
    directory, shape = saved_model(item["model"], source, item["task"])
    images = None
    if item["calibration"]:
        images = np.load(item["calibration"], allow_pickle=False)
        if images.shape[1:] != shape:
            raise InputError(
                "Calibration images must have the model's input shape "
                f"{shape}, received {images.shape[1:]}. Use the data set that "
                "the model was trained on."
            )
    facts = {}
    if modes.get(item["mode"]).selective:
        content, facts = selective.quantize(
            lambda mode: converter(directory, mode, images),
            images,
            item["float_layers"],
            item["sensitive_layers"],
        )
    else:
        content = converter(directory, item["mode"], images).convert()
    _keep(content, item, None if images is None else images[:4])
    return facts


@functools.cache
def saved_model(path, source, task):
    """Returns a SavedModel's directory and the shape of its input.

    Several files of one model pay once for loading and tracing it. The
    directory lies in the child's own scratch folder, which the parent clears.
    """
    from tfkd.training import model_files

    model = prepared(model_files.load_file(path, json.loads(source)))
    shape = check_model(model, task)
    if TASKS[task] is not None:
        model = without_softmax(model)
    directory = tempfile.mkdtemp()
    save(model, shape, directory, task)
    return directory, shape


def _keep(content, item, images):
    """Writes a file where it belongs once it is what it claims to be."""
    partial = pathlib.Path(f"{item['destination']}.part")
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.write_bytes(content)
    try:
        checks.check_file(
            partial, item["mode"], images, allow_float=item["allow_float"]
        )
        os.replace(partial, item["destination"])
    finally:
        partial.unlink(missing_ok=True)


def prepared(model):
    """Returns a model as the converter takes it: float32, a tensor in and out.

    TFLite computes in float32, or keeps 16 bits for weights alone, so a model
    that was saved under a policy of mixed precision computes in float32 here,
    with the weights that it has. A list or a dict of one tensor becomes that
    tensor.

    Args:
        model: A Keras model. It may be changed.
    """
    import keras

    from tfkd.taps.graph import is_functional

    for layer in model._flatten_layers():
        half = layer.compute_dtype in ("float16", "bfloat16")
        if half and layer.quantization_mode is None:
            layer.dtype_policy = "float32"
    # A Sequential model returns a tensor anyway.
    if isinstance(model, keras.Sequential) or not is_functional(model):
        return model
    single = len(model.inputs) == len(model.outputs) == 1
    if single and isinstance(model.output, list | tuple | dict):
        return keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    return model


def check_model(model, task="classification"):
    """Returns the input shape `(height, width, channels)` of a fit model.

    Args:
        model: The Keras model.
        task: See `tfkd.export.convert.Conversion`.

    Raises:
        InputError: If the model's graph is not known, or if it has several
            inputs or outputs, an unknown dimension, outputs that do not fit
            the task or are no logits, or weights that are not finite.
    """
    from tfkd.taps.graph import is_functional
    from tfkd.training import model_files

    if not is_functional(model):
        raise InputError(
            "A model for export must be a functional or a built Sequential "
            f"model, received {type(model).__name__}. Wrap it: inputs = "
            "keras.Input(shape); keras.Model(inputs, net(inputs))."
        )
    inputs, outputs = list(model.inputs), list(model.outputs)
    if len(inputs) != 1 or len(outputs) != 1:
        raise InputError(
            "A model for export must have one input and one output, received "
            f"{len(inputs)} and {len(outputs)}. Of several outputs choose "
            "one: keras.Model(model.inputs, model.outputs[0]). A model of "
            "several inputs is for TensorFlow's own converter: "
            "model.export(folder), tf.lite.TFLiteConverter.from_saved_model."
        )
    shape = tuple(inputs[0].shape[1:])
    if None in shape:
        raise InputError(
            "A model for export must know its input size, received shape "
            f"{shape}. Build it with a fixed `input_shape`."
        )
    rank = TASKS[task]
    if rank is not None and len(outputs[0].shape) != rank:
        wanted = "(batch, classes)" if rank == 2 else "a class for each pixel"
        raise InputError(
            f"A model for {task} must return logits of shape {wanted}, "
            f"received {tuple(outputs[0].shape)}. End it in a Dense layer, or "
            "convert it with task='segmentation' (a map of logits) or 'raw' "
            "(anything else); a pipeline exports classifiers."
        )
    if rank is not None:
        check_scores(model)
    model_files.check_finite(model)
    return shape


def check_scores(model):
    """Refuses outputs that a softmax makes no probabilities of.

    Args:
        model: A functional or built Sequential model with one output.

    Raises:
        InputError: If it scores one class, or ends in a sigmoid.
    """
    count = model.outputs[0].shape[-1]
    sigmoid = _ends_in_sigmoid(model.outputs[0])
    if count == 1 or sigmoid:
        raise InputError(
            "A classifier must return a logit for each of two or more "
            "classes: its file takes their softmax. Received "
            f"{count} {'output' if count == 1 else 'outputs'}"
            f"{' behind a sigmoid' if sigmoid else ''}. For one class "
            "against the rest end it in a Dense layer of 2 without "
            "activation, or convert it with task='raw', which adds nothing."
        )


def _ends_in_sigmoid(tensor):
    """Whether a symbolic output is that of a sigmoid, also within a model."""
    import keras

    history = tensor._keras_history
    made_by = history.operation
    if isinstance(made_by, keras.Model):
        inner = getattr(made_by, "outputs", None)
        return bool(inner) and _ends_in_sigmoid(inner[history.tensor_index])
    activation = getattr(made_by, "activation", None)
    # `keras.ops.sigmoid` is an operation of its own, and no layer.
    if activation is keras.activations.sigmoid or (
        type(made_by).__name__ == "Sigmoid"
    ):
        return True
    layers = keras.layers
    passes = activation is keras.activations.linear
    if not isinstance(made_by, layers.Activation):
        unchanged = (layers.Dropout, layers.Flatten, layers.Identity)
        passes = isinstance(made_by, (*unchanged, layers.Reshape))
    return passes and _ends_in_sigmoid(made_by.input)


def without_softmax(model):
    """Returns the model without the softmax at its end: the file adds one.

    Args:
        model: See `check_scores`. It may be changed.
    """
    from tfkd.training import model_builders

    return model_builders.as_logits(model)


def save(model, shape, directory, task):
    """Writes a SavedModel: one image in, its probabilities or outputs out."""
    import keras
    import tensorflow as tf

    def serve(image):
        outputs = tf.cast(model(image, training=False), tf.float32)
        if task == "raw":
            return {RAW_OUTPUT: outputs}
        return {OUTPUT: tf.nn.softmax(outputs)}

    # A fixed batch keeps shape arithmetic out of the graph.
    spec = tf.TensorSpec([1, *shape], tf.float32, name=INPUT)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(SIGNATURE, serve, input_signature=[spec])
    archive.write_out(directory, verbose=False)


def converter(directory, mode, images):
    """Returns TensorFlow's converter of a SavedModel, set to a mode."""
    import tensorflow as tf

    ops = tf.lite.OpsSet
    result = tf.lite.TFLiteConverter.from_saved_model(
        directory, signature_keys=[SIGNATURE]
    )
    result.target_spec.supported_ops = [ops.TFLITE_BUILTINS]
    if mode != "float32":
        result.optimizations = [tf.lite.Optimize.DEFAULT]
    if mode == "float16":
        result.target_spec.supported_types = [tf.float16]
    if modes.get(mode).calibrated:
        result.representative_dataset = lambda: (
            [image[None]] for image in images
        )
        result.target_spec.supported_ops = [ops.TFLITE_BUILTINS_INT8]
    if mode == "int16x8":
        result.target_spec.supported_ops = [
            ops.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        ]
    kind = {"int8": tf.uint8, "int8_signed": tf.int8, "int16x8": tf.int16}
    if mode in kind:
        result.inference_input_type = kind[mode]
        result.inference_output_type = kind[mode]
    return result


def _float_operations(item):
    """Returns the operations of a model as float32, which name its layers."""
    source = json.dumps(item["source"], sort_keys=True)
    directory, _ = saved_model(item["model"], source, item["task"])
    path = pathlib.Path(directory, "float32.tflite")
    path.write_bytes(converter(directory, "float32", None).convert())
    return inspect(path).operations


def _first_lines(error, count=6):
    return "\n".join(str(error).strip().splitlines()[:count])


if __name__ == "__main__":
    child_process.end_with_parent()
    main(*sys.argv[1:])
