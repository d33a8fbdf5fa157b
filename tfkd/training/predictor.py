"""A model's logits for arrays, without the cost of `predict` and `evaluate`.

Those build an input pipeline for each call, which on small data takes longer
than the model; a short training would spend half its time validating.
"""

import numpy as np
import tensorflow as tf

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
            lambda images: model(images, training=False)
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


def accuracy(logits, labels):
    """Returns the fraction of rows whose largest logit is at the label."""
    return float(np.mean(np.argmax(logits, axis=-1) == labels))


def cross_entropy(logits, labels):
    """Returns the mean negative log-likelihood of the labels, in nats."""
    logits = np.asarray(logits, np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=-1))
    return float(np.mean(log_sum - shifted[np.arange(len(labels)), labels]))
