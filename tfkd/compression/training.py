"""Trains a wrapped model while the float teacher goes on distilling it.

The loss is Hinton's (`hinton_kd`): labels, and the teacher's softened
answers. Without a teacher it is the control: labels alone, as many steps.
"""

import json
import logging
import math
import os

import numpy as np

from tfkd.errors import UNREADABLE
from tfkd.errors import InputError
from tfkd.training.order import epoch_order

# Steps in one call of the compiled loop: often enough to show progress.
_STEPS = 50


def steps(count, settings):
    """Returns the steps of a training on `count` examples."""
    return settings["epochs"] * math.ceil(count / settings["batch_size"])


def train(wrapped, data, settings, *, seed, backup=None, report=None, part=""):
    """Trains a `WrappedModel` in place; goes on from the backup, if any.

    The batches of an epoch depend on `seed` and its number alone; on one
    machine a killed and restarted training ends with the same bits.

    Args:
        wrapped: The model; `finish` is called at the end.
        data: `TrainingData`. Where it has no teacher's logits, the labelled
            examples are cycled through for as many steps.
        settings: Complete settings, see `tfkd.compression.settings`.
        seed: Seed of the data order.
        backup: `Backup`, or `None`.
        report: Called as `report(fraction=, epoch=, loss=)`.
        part: How messages name this training.

    Returns:
        The losses' means, one an epoch.

    Raises:
        InputError: If a loss is not finite.
    """
    import tensorflow as tf

    length = len(data.labels)
    rows = data.usable_rows()
    loop = _Loop(wrapped, data, settings, length)
    losses = []
    if backup is not None:
        losses = backup.restore(loop.state)
    for epoch in range(len(losses), settings["epochs"]):
        order = rows[epoch_order(len(rows), seed, epoch, length)]
        total = 0.0
        chunk = _STEPS * settings["batch_size"]
        for start in range(0, length, chunk):
            indices = order[start : start + chunk]
            total += float(loop.run(tf.constant(indices, tf.int64)))
            if report is not None:
                done = epoch + min(start + chunk, length) / length
                report(
                    fraction=done / settings["epochs"],
                    epoch=f"{epoch + 1}/{settings['epochs']}",
                    loss=total / min(start + chunk, length),
                )
        losses.append(total / length)
        if not math.isfinite(losses[-1]):
            raise InputError(
                f"{part}: the loss must be finite, received {losses[-1]} in "
                f"epoch {epoch + 1}. Lower compression.training."
                "learning_rate, and look for NaN in the data."
            )
        if backup is not None:
            backup.save(loop.state, losses)
    wrapped.finish()
    return losses


class _Loop:
    """The compiled steps over some examples."""

    def __init__(self, wrapped, data, settings, length):
        import tensorflow as tf
        import tf_keras

        schedule = tf_keras.optimizers.schedules.CosineDecay(
            settings["learning_rate"], steps(length, settings), alpha=0.01
        )
        self._wrapped, self._settings = wrapped, settings
        self._optimizer = tf_keras.optimizers.Adam(schedule)
        self._optimizer.build(wrapped.trainable)
        # Once each: a kernel belongs to its layer and to its wrapper.
        every = [
            *wrapped.trainable,
            *wrapped.model.variables,
            *self._optimizer.variables,
        ]
        self.state = list({id(v): v for v in every}.values())
        self._images = tf.constant(data.images, tf.float32)
        self._labels = tf.constant(data.labels, tf.int64)
        self._answers = None
        if data.teacher_logits is not None:
            self._answers = tf.constant(data.teacher_logits, tf.float32)
        # The step is graph code as it is; AutoGraph is for the loop around it.
        self._one = tf.autograph.experimental.do_not_convert(self._step)
        self.run = tf.function(
            self._run, input_signature=[tf.TensorSpec([None], tf.int64)]
        )

    def _run(self, indices):
        """Returns the sum of the examples' losses."""
        import tensorflow as tf

        size = self._settings["batch_size"]
        total = tf.constant(0.0)
        for start in tf.range(0, tf.size(indices), size):
            batch = indices[start : start + size]
            loss = self._one(batch)
            total += loss * tf.cast(tf.size(batch), tf.float32)
        return total

    def _step(self, batch):
        import tensorflow as tf

        wrapped = self._wrapped
        with tf.GradientTape() as tape:
            logits = wrapped.model(
                tf.gather(self._images, batch), training=True
            )
            loss = self._loss(logits, batch)
        gradients = tape.gradient(loss, wrapped.trainable)
        pairs = zip(gradients, wrapped.trainable)
        self._optimizer.apply_gradients(
            [(g, v) for g, v in pairs if g is not None]
        )
        wrapped.after_step()
        return loss

    def _loss(self, logits, batch):
        import tensorflow as tf

        from tfkd.distances.softmax_kl import softmax_kl

        labels = tf.gather(self._labels, batch)
        known = tf.cast(labels >= 0, tf.float32)
        task = tf.nn.sparse_softmax_cross_entropy_with_logits(
            tf.maximum(labels, 0), logits
        )
        # The mean over all of the batch, with or without label: as Keras does.
        task = tf.reduce_mean(task * known)
        if self._answers is None:
            return task
        temperature = self._settings["temperature"]
        divergence = softmax_kl(
            tf.gather(self._answers, batch), logits, temperature
        )
        return self._settings["task_weight"] * task + self._settings[
            "weight"
        ] * temperature**2 * tf.reduce_mean(divergence)


class Backup:
    """The whole state of a training after its last epoch, in one file.

    Args:
        path: The file.
        identity: What the training is, as a JSON value; the backup of another
            one is not used.
    """

    def __init__(self, path, identity):
        self._path = str(path)
        self._identity = json.dumps(identity, sort_keys=True)

    def restore(self, state):
        """Assigns the variables and returns the losses of finished epochs."""
        if not os.path.exists(self._path):
            return []
        try:
            identity, losses, arrays = self._read()
        except UNREADABLE as error:
            logging.warning(
                "The backup %s cannot be read (%s); starting anew.",
                self._path,
                error,
            )
            return []
        shapes = [tuple(variable.shape) for variable in state]
        if identity != self._identity or shapes != [a.shape for a in arrays]:
            return []
        for variable, array in zip(state, arrays, strict=True):
            variable.assign(array)
        return [float(loss) for loss in losses]

    def _read(self):
        with np.load(self._path, allow_pickle=False) as file:
            arrays = [file[f"v{i}"] for i in range(len(file.files) - 2)]
            return str(file["identity"]), file["losses"], arrays

    def save(self, state, losses):
        """Writes it under another name first: a kill leaves the last one."""
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        arrays = {f"v{i}": v.numpy() for i, v in enumerate(state)}
        with open(f"{self._path}.tmp", "wb") as file:
            np.savez(
                file,
                identity=np.array(self._identity),
                losses=np.array(losses, np.float64),
                **arrays,
            )
        os.replace(f"{self._path}.tmp", self._path)
