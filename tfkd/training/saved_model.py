"""A SavedModel as a layer that travels inside a `.keras` file."""

import contextlib
import hashlib
import os
import shutil
import tempfile
import threading

import keras
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.untracked import Untracked

_TRUST = threading.local()


@contextlib.contextmanager
def trusted():
    """Allows SavedModels inside the `.keras` files loaded within."""
    before = getattr(_TRUST, "given", False)
    _TRUST.given = True
    try:
        yield
    finally:
        _TRUST.given = before


@keras.saving.register_keras_serializable("tfkd")
class SavedModelLayer(keras.layers.Layer):
    """Runs a SavedModel's signature; its files are saved with the model.

    `keras.layers.TFSMLayer` keeps the folder's path only, which another
    machine does not have. As there, a graph from an unknown file is not
    loaded: see `trusted`. It cannot be trained.

    Args:
        output_width: Classes the signature returns.
        endpoint: Name of the signature.
        digest: Hash of the files.
        folder: The SavedModel; `None` while a `.keras` file is being loaded.
    """

    def __init__(self, output_width, endpoint, digest, folder=None, **kwargs):
        kwargs["trainable"] = False
        super().__init__(**kwargs)
        self.output_width = output_width
        self.endpoint = endpoint
        self.digest = digest
        self._copy = None
        self._run = None
        if folder is not None:
            self._load(folder)

    def _load(self, folder):
        # A copy of its own: the source may be gone when the model is saved.
        self._copy = tempfile.TemporaryDirectory(prefix="tfkd-saved-model-")
        copied = os.path.join(self._copy.name, "model")
        shutil.copytree(folder, copied)
        loaded = tf.saved_model.load(copied)
        # The loaded object owns the variables: both must stay alive.
        self._run = Untracked(
            loaded=loaded, signature=loaded.signatures[self.endpoint]
        )

    def call(self, inputs):
        signature = self._run.signature
        (name, spec), *_ = signature.structured_input_signature[1].items()
        outputs = signature(**{name: tf.cast(inputs, spec.dtype)})
        return tf.cast(next(iter(outputs.values())), self.compute_dtype)

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(
            (inputs.shape[0], self.output_width), self.compute_dtype
        )

    def save_assets(self, inner_path):
        shutil.copytree(
            os.path.join(self._copy.name, "model"),
            inner_path,
            dirs_exist_ok=True,
        )

    def load_assets(self, inner_path):
        self._load(inner_path)

    def get_config(self):
        return {
            **super().get_config(),
            "output_width": self.output_width,
            "endpoint": self.endpoint,
            "digest": self.digest,
        }

    @classmethod
    def from_config(cls, config):
        if not getattr(_TRUST, "given", False):
            raise ValueError(
                "This file holds a SavedModel, a program that may do "
                "anything. If you trust it, load it inside "
                "`tfkd.training.saved_model.trusted()`."
            )
        return cls(**config)


def wrap(folder, input_shape, endpoint, what):
    """Makes a functional model of a SavedModel folder.

    Args:
        folder: The folder.
        input_shape: `(height, width, channels)` of the images.
        endpoint: Signature's name, `None` for `serving_default`, or `serve`
            where Keras' `model.export` wrote that one alone.
        what: How messages call it.

    Returns:
        A functional model whose one layer is a `SavedModelLayer`.

    Raises:
        InputError: If there is no fitting signature.
    """
    try:
        signatures = tf.saved_model.load(folder).signatures
    except Exception as error:
        raise InputError(
            f"{what} must be a SavedModel that TensorFlow loads; it raised "
            f"{type(error).__name__}: {error}"
        ) from error
    endpoint = endpoint or next(
        (name for name in ("serving_default", "serve") if name in signatures),
        None,
    )
    if endpoint not in signatures:
        raise InputError(
            f"{what} must have a signature to call; it has "
            f"{sorted(signatures)}. Name one with 'endpoint', or write it "
            "with model.export()."
        )
    signature = signatures[endpoint]
    takes = signature.structured_input_signature[1]
    gives = signature.structured_outputs
    shapes = [
        None if spec.shape.rank is None else tuple(spec.shape)
        for spec in (*takes.values(), *gives.values())
    ]
    if len(takes) != 1 or len(gives) != 1 or len(shapes[1] or ()) != 2:
        raise InputError(
            f"{what}: the signature {endpoint!r} must take one batch of "
            f"images and return one (batch, classes); it has the shapes "
            f"{shapes}. Name another one with 'endpoint'."
        )
    takes = shapes[0] and shapes[0][1:]
    inputs = keras.Input(takes or input_shape)
    layer = SavedModelLayer(
        shapes[1][1], endpoint, _digest(folder), folder, name="saved_model"
    )
    _try(layer, [size or 32 for size in inputs.shape[1:]], what)
    return keras.Model(inputs, layer(inputs), name="saved_model_teacher")


def _try(layer, shape, what):
    """Runs a signature on two images: one may take no numbers, or one only."""
    try:
        layer(tf.zeros([2, *shape]))
    # Any operation of the graph may raise.
    except Exception as error:
        raise InputError(
            f"{what}: the signature {layer.endpoint!r} must take a batch of "
            "any number of images, as numbers; two images of the shape "
            f"{tuple(shape)} raised {type(error).__name__}: "
            f"{str(error)[:500]} Name another one with 'endpoint', or write "
            "it with model.export()."
        ) from error


def _digest(folder):
    result = hashlib.sha256()
    for current, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            with open(os.path.join(current, name), "rb") as file:
                result.update(hashlib.file_digest(file, "sha256").digest())
    return result.hexdigest()
