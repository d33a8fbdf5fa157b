"""Models on disk: reproducible `.keras` files and the hash of a model."""

import hashlib
import importlib
import json
import os
import pkgutil
import re
import tempfile
import zipfile

import keras
import numpy as np

from tfkd.errors import InputError
from tfkd.training import model_source
from tfkd.training import saved_model

SELECTED = os.path.join("Format-Keras", "model.keras")
RECORD = "training.json"


def model_hash(model):
    """Returns the SHA-256 of a model's architecture and weights.

    A model that was saved and loaded has the hash it had before. Optimizer,
    metrics and file dates take no part.
    """
    config = keras.saving.serialize_keras_object(model)
    for key in ("compile_config", "build_config"):
        config.pop(key, None)
    result = hashlib.sha256(
        json.dumps(config, sort_keys=True, default=str).encode()
    )
    for weight in model.get_weights():
        weight = np.ascontiguousarray(weight)
        result.update(f"{weight.dtype}{weight.shape}".encode())
        result.update(weight.tobytes())
    return result.hexdigest()


def check_finite(model):
    """Checks the weights of a model.

    Raises:
        InputError: Naming the first one that holds NaN or infinity.
    """
    for weight in model.weights:
        if not np.isfinite(np.asarray(weight)).all():
            raise InputError(
                f"Weights must be finite; {weight.path!r} holds NaN or "
                "infinity. Train again with a lower learning rate."
            )


def parameter_count(model):
    """Returns the number of weights, without states of generators."""
    return int(sum(np.prod(weight.shape) for weight in model.weights))


def save(model, path):
    """Writes a `.keras` file: same model, same bytes, in any process.

    It holds no date; objects that layers share are numbered in order, where
    Keras writes their addresses in memory.

    Args:
        model: A built model; not compiled, or its optimizer is saved too.
        path: File to write; its folder is made.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        dated = os.path.join(folder, "model.keras")
        model.save(dated)
        with (
            zipfile.ZipFile(dated) as source,
            zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target,
        ):
            for name in sorted(source.namelist()):
                content = source.read(name)
                if name == "metadata.json":
                    metadata = json.loads(content)
                    metadata.pop("date_saved", None)
                    content = json.dumps(metadata, sort_keys=True).encode()
                if name == "config.json":
                    content = _with_shared_objects_numbered(content)
                # ZipInfo's own date is the fixed 1980-01-01.
                target.writestr(zipfile.ZipInfo(name), content)


def _with_shared_objects_numbered(config):
    numbers = {}

    def number(match):
        return b"%s%d" % (
            match[1],
            numbers.setdefault(match[2], len(numbers) + 1),
        )

    return re.sub(rb'("shared_object_id": )(\d+)', number, config)


def read_record(uri):
    """Returns `training.json` of a Model artifact.

    Raises:
        InputError: If it is missing or not JSON.
    """
    path = os.path.join(uri, RECORD)
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise InputError(
            f"A Model artifact must hold a readable {RECORD}; {path}: "
            f"{error}. Run the component that wrote it again."
        ) from error


def write_record(uri, record):
    """Writes `training.json` of a Model artifact."""
    path = os.path.join(uri, RECORD)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1, sort_keys=True)


def load(uri, seed=None):
    """Loads a model of a Model artifact, not compiled.

    Args:
        uri: Folder of the artifact.
        seed: Load the run of this seed; the default is the selected one.

    Raises:
        InputError: If the file is missing or cannot be read.
    """
    source = read_record(uri).get("model") or {}
    return load_file(os.path.join(uri, path_of(seed)), source)


def path_of(seed=None):
    """Returns where in a Model artifact the run of a seed is, see `load`."""
    return SELECTED if seed is None else f"seed-{seed}/model.keras"


def import_zoo():
    """Lets the zoo's own layers register themselves, as imports do."""
    zoo = importlib.import_module("tfkd.models")
    for module in pkgutil.iter_modules(zoo.__path__, "tfkd.models."):
        importlib.import_module(module.name)


def load_file(path, source=None):
    """Loads a `.keras` file that this project wrote, not compiled.

    Args:
        path: The file.
        source: The model dict it was built from: the user's own layers
            register themselves when their module is imported.

    Raises:
        InputError: If the file is missing or cannot be read.
    """
    import_zoo()
    if "build" in (source or {}):
        _import_users(source["build"], path)
    try:
        # Our own artifact, not a file of unknown origin.
        with saved_model.trusted():
            return keras.saving.load_model(path, compile=False, safe_mode=True)
    # Whatever is wrong with a file ends here: zip, JSON, HDF5, unknown class.
    except Exception as error:
        raise InputError(
            f"The model {path} cannot be loaded: {error} Run the component "
            "that wrote it again."
        ) from error


def _import_users(function, path):
    module = function.partition(":")[0]
    try:
        model_source.import_module(module)
    except Exception as error:
        raise InputError(
            f"The model {path} was built by {function!r}, and importing "
            f"{module!r} raised {type(error).__name__}: {error}. Start in the "
            "folder that holds the module, or put that on PYTHONPATH."
        ) from error
