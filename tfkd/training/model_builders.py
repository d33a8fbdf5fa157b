"""Builds the models of `model_source`; needs Keras."""

import math
import os
import random

import keras
import numpy as np

from tfkd import models
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.training import model_files
from tfkd.training import model_source


def build(kind, model, input_shape, num_classes, value_range):
    """Does what `model_source.build` says, for a checked dict."""
    what = f"The model {model[kind]!r}"
    if kind == "name":
        built = _zoo(model, input_shape, num_classes, value_range, what)
    elif kind == "application":
        built = _application(model, input_shape, num_classes, value_range, what)
    elif kind == "build":
        built = _users(model, input_shape, num_classes, what)
    else:
        built = _file(model, input_shape, what)
    check_fits(built, input_shape, num_classes, what)
    if kind == "build":
        _check_loads_again(built, what)
    if kind == "name":
        return built
    built = _unpacked(built)
    if kind == "application":
        return _without_activation(built) or built
    return as_logits(built, value_range)


def check_fits(model, input_shape, num_classes, what="The model"):
    """Raises `InputError` unless images go in and logits come out."""
    try:
        inputs, outputs = model.inputs, model.outputs
    except (AttributeError, ValueError):
        inputs = outputs = None
    if not inputs or not outputs:
        raise InputError(
            f"{what} must be a functional or a built Sequential model, "
            f"received {type(model).__name__} without known inputs. Wrap it: "
            "inputs = keras.Input(input_shape); "
            "keras.Model(inputs, net(inputs))."
        )
    shapes = [tuple(t.shape) for t in inputs], [tuple(t.shape) for t in outputs]
    shape = shapes[0][0][1:]
    fits = len(shape) == len(input_shape) and all(
        have in (None, want) for have, want in zip(shape, input_shape)
    )
    if len(inputs) != 1 or not fits:
        raise InputError(
            f"{what} must take one input of shape (batch, "
            f"{', '.join(map(str, input_shape))}), the data set's images; it "
            f"takes {shapes[0]}. Use a model made for these images, or set "
            "data.image_size."
        )
    if len(outputs) != 1 or shapes[1][0][1:] != (num_classes,):
        raise InputError(
            f"{what} must return one output of shape (batch, {num_classes}), "
            f"one logit for each class of the data set; it returns "
            f"{shapes[1]}. Change its last layer."
        )


def _check_loads_again(model, what):
    """Tells before a training what cannot be loaded after it."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        config = keras.saving.serialize_keras_object(model)
        keras.saving.deserialize_keras_object(config, safe_mode=True)
    # Own code runs: it may raise anything.
    except Exception as error:
        # Keras quotes the whole config before it comes to the reason.
        reason = str(error).rpartition("Exception encountered: ")[2].split()
        raise InputError(
            f"{what} must be a model that can be saved and loaded again, and "
            f"loading raised {type(error).__name__}: "
            f"{' '.join(reason)[:300]} Decorate own layers and functions with "
            "@keras.saving.register_keras_serializable(), let a layer's "
            "get_config return its arguments, and use no Lambda layer and no "
            "lambda."
        ) from error
    finally:
        # What is built afterwards must start from the same weights.
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def _unpacked(model):
    """The model with a tensor in and out instead of lists or dicts of one."""
    if isinstance(model, keras.Sequential):
        # It has no structure but a tensor, and no `input` before it is called.
        return model
    structures = (list, tuple, dict)
    if isinstance(model.input, structures) or isinstance(
        model.output, structures
    ):
        return keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    return model


def as_logits(model, value_range=(0.0, 1.0)):
    """Returns the model without the softmax or sigmoid at its end, if any.

    A softmax that cannot be taken off, as in a SavedModel, is undone by a
    logarithm: `softmax(log p) = p`. It is recognised by its values.

    Args:
        model: A functional or built Sequential model.
        value_range: Lowest and highest pixel, for the images tried.
    """
    found = _without_activation(model)
    if found is not None:
        return found
    shape = [size or 32 for size in model.inputs[0].shape[1:]]
    low, high = value_range
    images = np.random.default_rng(0).uniform(low, high, [8, *shape])
    values = np.asarray(model(images.astype("float32"), training=False))
    if values.min() < 0 or np.abs(values.sum(-1) - 1).max() > 1e-3:
        return model
    logits = keras.ops.log(keras.ops.maximum(model.outputs[0], 1e-7))
    return keras.Model(model.inputs[0], logits, name=model.name)


def _without_activation(model):
    """The model without the softmax or sigmoid at its end, else `None`."""
    # Not the last of its layers, behind which operations may stand.
    history = model.outputs[0]._keras_history
    last = history.operation
    before = last._inbound_nodes[history.node_index].input_tensors
    if isinstance(last, keras.Model):
        inner = _without_activation(last)
        if inner is None:
            return None
        logits = inner(before[0])
    elif not _makes_probabilities(last):
        return None
    elif hasattr(last, "activation") and not isinstance(
        last, keras.layers.Activation
    ):
        last.activation = keras.activations.linear
        return model
    else:
        logits = before[0]
    return keras.Model(model.inputs[0], logits, name=model.name)


def _makes_probabilities(operation):
    if isinstance(operation, keras.layers.RNN):
        # Its activation is one within.
        return False
    if isinstance(operation, keras.layers.Softmax):
        return True
    if isinstance(operation, keras.layers.Layer):
        activation = getattr(operation, "activation", None)
        name = getattr(activation, "__name__", "")
    else:
        # keras.ops records it, in a class of the function's name.
        name = type(operation).__name__
    return name.lower() in ("softmax", "sigmoid")


def _rescaling(model, value_range):
    if "scale" in model or "offset" in model:
        return model.get("scale", 1.0), model.get("offset", 0.0)
    low, high = value_range
    return 1.0 / (high - low), -low / (high - low)


def _zoo(model, input_shape, num_classes, value_range, what):
    scale, offset = _rescaling(model, value_range)
    return _call(
        models.build,
        what,
        name=model["name"],
        input_shape=input_shape,
        num_classes=num_classes,
        scale=scale,
        offset=offset,
        **model.get("arguments", {}),
    )


def _application(model, input_shape, num_classes, value_range, what):
    functions = {
        name: value
        for name, value in vars(keras.applications).items()
        if name[0].isupper() and callable(value)
    }
    if model["application"] not in functions:
        raise unknown("application", model["application"], functions)
    scale, offset = _rescaling(model, value_range)
    inputs = keras.Input(input_shape, name="image")
    arguments = {
        "weights": None,
        "classes": num_classes,
        # Logits: a softmax would have to be undone.
        "classifier_activation": None,
        "input_tensor": keras.layers.Rescaling(scale, offset)(inputs),
        **model.get("arguments", {}),
    }
    return _call(functions[model["application"]], what, **arguments)


def _users(model, input_shape, num_classes, what):
    module, _, name = model["build"].partition(":")
    try:
        function = getattr(model_source.import_module(module), name, None)
    except Exception as error:
        raise InputError(
            f"{what}: importing {module!r} raised {type(error).__name__}: "
            f"{error}. It must import by itself: python -c 'import {module}'."
        ) from error
    if not callable(function):
        raise InputError(
            f"{what}: the module {module!r} has no function {name!r}. Define "
            f"def {name}(*, input_shape, num_classes): returning a "
            "keras.Model."
        )
    built = _call(
        function,
        what,
        input_shape=input_shape,
        num_classes=num_classes,
        **model.get("arguments", {}),
    )
    if not isinstance(built, keras.Model):
        raise InputError(
            f"{what} must return a keras.Model (Keras 3), received "
            f"{type(built).__module__}.{type(built).__name__}."
        )
    return built


def _file(model, input_shape, what):
    if os.path.isdir(model["path"]):
        from tfkd.training import saved_model

        return saved_model.wrap(
            model["path"], input_shape, model.get("endpoint"), what
        )
    # It may be of a model of ours.
    model_files.import_zoo()
    try:
        return keras.saving.load_model(
            model["path"], compile=False, safe_mode=True
        )
    # Whatever is wrong with a file ends here: zip, JSON, HDF5, unknown class.
    except Exception as error:
        raise InputError(
            f"{what} must be a file that keras.saving.load_model reads with "
            f"safe_mode=True; it raised {type(error).__name__}: "
            f"{str(error)[:500]} Save it with model.save() of Keras 3; own "
            "layers come as {'build': 'package.module:function'} instead, and "
            "what a Lambda layer does as an own layer."
        ) from error


def _call(function, what, **arguments):
    try:
        return function(**arguments)
    except InputError:
        raise
    except Exception as error:
        shown = {
            key: value
            for key, value in arguments.items()
            if isinstance(value, str | tuple | list | bool | None)
            or (isinstance(value, int | float) and math.isfinite(value))
        }
        raise InputError(
            f"{what} could not be built with {shown}: "
            f"{type(error).__name__}: {error}"
        ) from error
