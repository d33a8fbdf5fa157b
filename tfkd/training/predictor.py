"""A model's outputs for arrays, without the cost of `predict` and `evaluate`.

Those build an input pipeline for each call, which on small data takes longer
than the model; a short training would spend half its time validating.
"""

import numpy as np
import tensorflow as tf

from tfkd.taps import Extractor

BATCH = 256


class Predictor:
    """Runs a built model in inference mode, traced once.

    Args:
        model: A `keras.Model` or `Distiller`; later changes of its weights
            count.
        image_shape: `(height, width, channels)`.
    """

    def __init__(self, model, image_shape):
        # A concrete function: models come and go, and TensorFlow would warn
        # of retracing.
        self._function = tf.function(
            lambda images: tf.cast(model(images, training=False), tf.float32)
        ).get_concrete_function(
            tf.TensorSpec([None, *image_shape], tf.float32, name="images")
        )

    def __call__(self, images, batch_size=BATCH):
        """Returns float32 logits of shape `(n, classes)`."""
        return np.concatenate(
            [
                self._function(tf.constant(images[i : i + batch_size])).numpy()
                for i in range(0, len(images), batch_size)
            ]
        )


class TapPredictor:
    """Runs a built model in inference mode for some of its taps.

    Args:
        model: A `keras.Model`.
        image_shape: `(height, width, channels)`.
        taps: Names of tensors, see `tfkd.taps`.

    Attributes:
        shapes: Tap name to shape without the batch.

    Raises:
        InputError: If there is no such tap.
    """

    def __init__(self, model, image_shape, taps=("logits",)):
        self._function = tf.function(
            _reader(model, tuple(taps))
        ).get_concrete_function(
            tf.TensorSpec([None, *image_shape], tf.float32, name="images")
        )
        outputs = self._function.structured_outputs
        self.shapes = {name: outputs[name].shape.as_list()[1:] for name in taps}

    def __call__(self, images, batch_size=BATCH):
        """Returns tap name to float32 array `(n, ...)`."""
        parts = [
            self._function(tf.constant(images[i : i + batch_size]))
            for i in range(0, len(images), batch_size)
        ]
        return {
            name: np.concatenate([part[name].numpy() for part in parts])
            for name in self.shapes
        }


def _reader(model, taps):
    if taps == ("logits",):
        # What the model returns: so its graph need not be known.
        return lambda images: {
            "logits": tf.cast(model(images, training=False), tf.float32)
        }
    extractor = Extractor(model, taps)

    def read(images):
        found = extractor(images, training=False)
        return {name: tf.cast(found[name], tf.float32) for name in taps}

    return read


def accuracy(logits, labels):
    """Returns the fraction of rows whose largest logit is at the label."""
    return float(np.mean(np.argmax(logits, axis=-1) == labels))


def cross_entropy(logits, labels):
    """Returns the mean negative log-likelihood of the labels, in nats."""
    logits = np.asarray(logits, np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=-1))
    return float(np.mean(log_sum - shifted[np.arange(len(labels)), labels]))
