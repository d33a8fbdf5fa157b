"""Where a model comes from: the `model` dict of a config, checked and built.

Exactly one of four keys says which kind it is: `name` (the zoo), `path` (a
`.keras` file or a SavedModel folder), `build` (`"package.module:function"`) or
`application` (`keras.applications`). `check` and `digest` need no TensorFlow.
"""

import hashlib
import importlib
import os
import sys

from tfkd import models
from tfkd.errors import InputError
from tfkd.errors import unknown

# What may stand beside the key that says the kind.
KINDS = {
    "name": ("arguments", "scale", "offset"),
    "path": ("endpoint",),
    "build": ("arguments",),
    "application": ("arguments", "scale", "offset"),
}


def check(model, role="model"):
    """Checks a model dict without importing TensorFlow.

    Args:
        model: The dict.
        role: How messages call it, such as `"student"`.

    Returns:
        The kind: a key of `KINDS`.

    Raises:
        InputError: If the kind is not clear, a key is unknown, or a file,
            a module or a zoo name does not exist.
    """
    kinds = [kind for kind in KINDS if kind in model]
    if len(kinds) != 1:
        raise InputError(
            f"{role} must hold exactly one of {', '.join(KINDS)}; received "
            f"the keys {sorted(model)}. For example {{'name': 'cnn'}}."
        )
    kind = kinds[0]
    for key in model:
        if key not in (kind, *KINDS[kind]):
            raise unknown(f"{role} key", key, (kind, *KINDS[kind]))
    if not isinstance(model[kind], str) or not model[kind]:
        raise InputError(
            f"{role}[{kind!r}] must be a string, received {model[kind]!r}."
        )
    if not isinstance(model.get("arguments", {}), dict):
        raise InputError(
            f"{role}['arguments'] must be a dict of keyword arguments, "
            f"received {model['arguments']!r}."
        )
    _CHECKS[kind](model, role)
    return kind


def digest(model):
    """Returns a hash of the files behind a checked model dict, or `""`.

    It belongs into the cache key: the dict of a user's file or function
    stays the same when the file changes.
    """
    files = []
    if "path" in model:
        files = _files_below(model["path"])
    elif "build" in model:
        files = _source_files(model["build"].partition(":")[0])
    elif isinstance(_weights(model), str):
        files = [_weights(model)]
    result = hashlib.sha256()
    for path in files:
        with open(path, "rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        result.update(f"{os.path.basename(path)}:{content}\n".encode())
    return result.hexdigest() if files else ""


def build(model, *, input_shape, num_classes, value_range=(0.0, 1.0)):
    """Builds or loads the model of a dict and checks that it fits the data.

    Args:
        model: The dict.
        input_shape: `(height, width, channels)` of the images.
        num_classes: Required width of the output.
        value_range: Lowest and highest raw pixel. Without `scale` and
            `offset`, zoo models and applications map it to 0..1.

    Returns:
        A built `keras.Model`, not compiled, from raw pixels to logits. A
        softmax or sigmoid at the end is taken off.

    Raises:
        InputError: If it cannot be built, does not fit, or could not be
            loaded once it is saved.
    """
    from tfkd.training import model_builders

    kind = check(model)
    return model_builders.build(
        kind, model, tuple(input_shape), num_classes, value_range
    )


def build_for(model, info):
    """Builds or loads a model for the examples that an `info` describes.

    Args:
        model: The dict.
        info: Their `dataset.json`, see `tfkd.data.records.read_info`.

    Returns:
        As `build`, which also says what it raises.
    """
    return build(
        model,
        input_shape=info["image_shape"],
        num_classes=info["num_classes"],
        value_range=info["value_range"],
    )


def import_module(name):
    """Imports a user's module, looking in the working directory as well."""
    here = os.getcwd()
    added = here not in sys.path
    if added:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    finally:
        if added:
            sys.path.remove(here)


def _check_name(model, role):
    if model["name"] not in models.names():
        raise unknown(
            f"zoo model for {role}",
            model["name"],
            models.names(),
            "Your own model comes as {'build': 'package.module:function'}.",
        )


def _check_path(model, role):
    path = model["path"]
    if not os.path.exists(path):
        raise InputError(
            f"{role}['path'] must be a .keras file or a SavedModel folder; "
            f"there is nothing at {path!r} (seen from {os.getcwd()!r}). "
            "Correct the path."
        )
    saved_model = os.path.exists(os.path.join(path, "saved_model.pb"))
    if not saved_model and not (
        path.endswith(".keras") and os.path.isfile(path)
    ):
        raise InputError(
            f"{role}['path'] must be a .keras file or a folder with "
            f"saved_model.pb, received {path!r}. Save the model with "
            "model.save('teacher.keras')."
        )
    if "endpoint" in model and not saved_model:
        raise InputError(
            f"{role}['endpoint'] is for SavedModel folders, received it with "
            f"{path!r}. Leave it out."
        )


def _check_build(model, role):
    module, colon, function = model["build"].partition(":")
    if not colon or not function.isidentifier():
        raise InputError(
            f"{role}['build'] must be 'package.module:function', received "
            f"{model['build']!r}."
        )
    if not _source_files(module):
        raise InputError(
            f"{role}['build'] must name a module that can be imported; there "
            f"is no {module!r} in {os.getcwd()!r} or on PYTHONPATH. Start the "
            "run in the folder that holds it, or correct the name."
        )


def _check_application(model, role):
    weights = _weights(model)
    if weights is not None and not os.path.isfile(str(weights)):
        raise InputError(
            f"{role}['arguments']['weights'] must be None or a local file, "
            f"received {weights!r}: nothing is downloaded. Save the weights "
            "to a .weights.h5 file first, or leave them out to train from "
            "the start."
        )


_CHECKS = {
    "name": _check_name,
    "path": _check_path,
    "build": _check_build,
    "application": _check_application,
}


def _weights(model):
    return model.get("arguments", {}).get("weights")


def _files_below(path):
    if os.path.isfile(path):
        return [path]
    return sorted(
        os.path.join(folder, name)
        for folder, _, names in os.walk(path)
        for name in names
    )


def _source_files(module):
    """The module's file; for one inside a package, its folder's sources."""
    relative = module.replace(".", os.sep)
    for base in [os.getcwd(), *sys.path]:
        for path in (f"{relative}.py", os.path.join(relative, "__init__.py")):
            path = os.path.join(base, path)
            if os.path.isfile(path):
                folder = os.path.dirname(path)
                if os.sep not in relative and path.endswith(f"{relative}.py"):
                    return [path]
                return sorted(
                    os.path.join(folder, name)
                    for name in os.listdir(folder)
                    if name.endswith(".py")
                )
    return []
