"""What a checkpoint holds instead of a teacher's weights."""

import contextlib
import hashlib
import os
import weakref

import keras
import numpy as np

from tfkd import weights
from tfkd.errors import InputError

# Models rebuilt from a checkpoint without their weights, and what is missing.
_MISSING = weakref.WeakKeyDictionary()
_AVAILABLE = []


def fingerprint(model):
    """Returns the SHA-256 of a model's weights, as a hexadecimal string."""
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(f"{weight.dtype}{weight.shape}".encode())
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()


def is_missing(model):
    """Whether a model was rebuilt without its weights."""
    return model in _MISSING


def check_present(model):
    """Raises where a model was loaded without its weights.

    Raises:
        InputError: Naming the model, its path and its hash.
    """
    if model in _MISSING:
        raise InputError(
            f"Training needs the teacher {_describe(_MISSING[model])}, which "
            "is in no checkpoint. Load it with keras.saving.load_model(...) "
            "and give it back: distiller.set_teacher(teacher)."
        )


def supply(missing, models):
    """Gives rebuilt teachers their weights back.

    Args:
        missing: Models that were rebuilt without weights.
        models: The teachers themselves.

    Raises:
        InputError: If a model is none of those that are missing.
    """
    known = {id(m): m for m in missing if m in _MISSING}.values()
    for model in models:
        found = fingerprint(model)
        missing = [m for m in known if m in _MISSING]
        places = [m for m in missing if _MISSING[m]["hash"] == found]
        if not places:
            wanted = "; ".join(_describe(_MISSING[m]) for m in missing)
            raise InputError(
                f"The teacher must be the one that the checkpoint was made "
                f"with: {wanted or 'none is missing'}. Received "
                f"{model.name!r} with hash {found}."
            )
        for place in places:
            weights.copy(model, place)
            del _MISSING[place]


@contextlib.contextmanager
def available(*models):
    """Within it, checkpoints that are loaded find these teachers."""
    _AVAILABLE.append({fingerprint(model): model for model in models})
    try:
        yield
    finally:
        _AVAILABLE.pop()


@keras.saving.register_keras_serializable("tfkd")
class Reference:
    """A frozen model by name, hash and path; its layers, not its weights.

    Args:
        model: The model.
        path: Where its file is, if that is known.
    """

    def __init__(self, model, path=None):
        self.model = model
        self.path = path

    def get_config(self):
        if self.model in _MISSING:
            return dict(_MISSING[self.model])
        return {
            "name": self.model.name,
            "hash": fingerprint(self.model),
            "path": None if self.path is None else str(self.path),
            "model": architecture(self.model),
        }

    @classmethod
    def from_config(cls, config):
        for models in reversed(_AVAILABLE):
            if config["hash"] in models:
                return cls(models[config["hash"]], config["path"])
        if config["path"] and os.path.exists(config["path"]):
            model = keras.saving.load_model(
                config["path"], compile=False, safe_mode=True
            )
            if fingerprint(model) == config["hash"]:
                return cls(model, config["path"])
        model = keras.saving.deserialize_keras_object(config["model"])
        _MISSING[model] = dict(config)
        return cls(model, config["path"])


def architecture(model):
    """Returns the serialized layers of a model, without weights."""
    config = keras.saving.serialize_keras_object(model)
    # How it was compiled matters to nobody here, and may not deserialize.
    config.pop("compile_config", None)
    return config


def pack(structure):
    """Returns a structure as a config, its models as references."""
    return keras.saving.serialize_keras_object(
        keras.tree.map_structure(
            lambda x: Reference(x) if isinstance(x, keras.Model) else x,
            structure,
        )
    )


def unpack(config):
    """Returns the structure that `pack` was given, and its models."""
    models = []

    def open_(value):
        if not isinstance(value, Reference):
            return value
        models.append(value.model)
        return value.model

    structure = keras.saving.deserialize_keras_object(config)
    return keras.tree.map_structure(open_, structure), models


def _describe(reference):
    where = (
        f"path {reference['path']}" if reference["path"] else "no path known"
    )
    return f"{reference['name']!r} ({where}, hash {reference['hash']})"
