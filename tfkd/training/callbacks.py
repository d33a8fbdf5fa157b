"""Callbacks of `trainer.train`: validation, NaN guard, backup, progress."""

import json
import logging
import math
import os

import keras
import numpy as np
import tensorflow as tf

from tfkd.errors import UNREADABLE
from tfkd.errors import InputError
from tfkd.training import predictor


class Validate(keras.callbacks.Callback):
    """Adds `val_loss` and `val_accuracy` to an epoch's logs.

    Must stand before the callbacks that read them.

    Args:
        images: float32 raw pixels.
        labels: All known.
    """

    def __init__(self, images, labels):
        super().__init__()
        self.images = images
        self.labels = labels
        self.predict = None

    def on_epoch_end(self, epoch, logs=None):
        if self.predict is None:
            shape = self.images.shape[1:]
            self.predict = predictor.Predictor(self.model, shape)
        logits = self.predict(self.images)
        logs["val_loss"] = predictor.cross_entropy(logits, self.labels)
        logs["val_accuracy"] = predictor.accuracy(logits, self.labels)


class StopAtNaN(keras.callbacks.Callback):
    """Ends a training whose loss is not finite, before it is backed up."""

    def __init__(self, part):
        super().__init__()
        self.part = part

    def on_epoch_end(self, epoch, logs=None):
        bad = [
            name
            for name, value in (logs or {}).items()
            if "accuracy" not in name and not math.isfinite(value)
        ]
        if bad:
            raise InputError(
                f"{self.part}: every loss must be finite, received "
                f"{', '.join(f'{name}={logs[name]}' for name in bad)} in "
                f"epoch {epoch + 1}. Lower train['learning_rate'] or the "
                "weights of the losses, and look for NaN in the data. The "
                "checkpoint of the epoch before is kept."
            )


class Backup(keras.callbacks.Callback):
    """Keeps the whole training state of the last epoch in one file.

    One file, renamed into place: `keras.callbacks.BackupAndRestore` writes
    weights and epoch number one after the other, so that a kill in between
    repeats an epoch, and it leaves out the state of dropout's generators.

    Args:
        path: The file, or `""` to keep the history in memory only.
        identity: What the training is, as a JSON value; a backup of another
            one is not used.
        writes: Whether to write the file, not only to read it.
    """

    def __init__(self, path, identity, writes=True):
        super().__init__()
        self.path = path
        self.writes = writes
        # Through JSON, so that it compares equal to what is read back.
        self.identity = json.loads(json.dumps(identity))
        self.rows = []

    def restore(self, model):
        """Puts the state back into a compiled model.

        Returns:
            The number of finished epochs, 0 if there is no backup.
        """
        if not self.path or not os.path.exists(self.path):
            return 0
        try:
            meta, arrays = self._read()
        except UNREADABLE as error:
            logging.warning(
                "The backup %s cannot be read (%s); starting anew.",
                self.path,
                error,
            )
            return 0
        variables = _state(model)
        if meta["identity"] != self.identity or [
            tuple(v.shape) for v in variables
        ] != [a.shape for a in arrays]:
            logging.warning(
                "The backup %s belongs to another training; starting anew.",
                self.path,
            )
            return 0
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)
        self.rows = meta["rows"]
        return meta["epoch"]

    def _read(self):
        with np.load(self.path, allow_pickle=False) as state:
            meta = json.loads(str(state["meta"]))
            return meta, [state[f"v{i}"] for i in range(len(state.files) - 1)]

    def on_epoch_end(self, epoch, logs=None):
        row = {name: float(value) for name, value in (logs or {}).items()}
        self.rows.append(row)
        if self.path and self.writes:
            self._write(epoch + 1)

    def _write(self, epoch):
        meta = {"epoch": epoch, "rows": self.rows, "identity": self.identity}
        arrays = {
            f"v{i}": keras.ops.convert_to_numpy(variable)
            for i, variable in enumerate(_state(self.model))
        }
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        temporary = f"{self.path}.tmp"
        with open(temporary, "wb") as file:
            np.savez(file, meta=np.array(json.dumps(meta)), **arrays)
        os.replace(temporary, self.path)

    def history(self):
        """Returns the epochs' logs as `{name: [one value an epoch]}`."""
        history = {"epoch": list(range(1, len(self.rows) + 1))}
        for name in self.rows[0] if self.rows else ():
            history[name] = [row[name] for row in self.rows]
        return history


class Report(keras.callbacks.Callback):
    """Passes the epoch and its losses on to a progress view."""

    def __init__(self, report, epochs):
        super().__init__()
        self.report = report
        self.epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        values = {
            name: float(logs[name])
            for name in ("loss", "accuracy", "val_accuracy")
            if name in logs
        }
        self.report(
            fraction=(epoch + 1) / self.epochs,
            epoch=f"{epoch + 1}/{self.epochs}",
            **values,
        )


class EventLog(keras.callbacks.Callback):
    """Writes each epoch's logs as TensorBoard scalars.

    `keras.callbacks.TensorBoard` needs the viewer itself to be installed,
    with its web server; TensorFlow alone can write the files.

    Args:
        log_dir: Folder; gets `train` and `validation` as Keras' own does.
    """

    def __init__(self, log_dir):
        super().__init__()
        self.log_dir = log_dir
        self.writers = {}

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            kind = "validation" if name.startswith("val_") else "train"
            self._scalar(kind, name.removeprefix("val_"), value, epoch)

    def _scalar(self, kind, name, value, epoch):
        if kind not in self.writers:
            self.writers[kind] = tf.summary.create_file_writer(
                os.path.join(self.log_dir, kind)
            )
        metadata = tf.compat.v1.SummaryMetadata()
        metadata.plugin_data.plugin_name = "scalars"
        with self.writers[kind].as_default():
            tf.summary.write(
                f"epoch_{name}",
                tf.constant(value, tf.float32),
                step=epoch,
                metadata=metadata,
            )

    def on_train_end(self, logs=None):
        for writer in self.writers.values():
            writer.close()
        self.writers = {}


def _state(model):
    """Weights, generators' states and the variables of all optimizers."""
    optimizers = [model.optimizer]
    for value in vars(model).values():
        # Some models move a part of their weights by one of their own.
        own = isinstance(value, keras.optimizers.Optimizer)
        if own and value is not model.optimizer:
            optimizers.append(value)
    return [*model.variables, *(v for o in optimizers for v in o.variables)]
