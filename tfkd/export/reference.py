"""What a `.tflite` file is compared with: the Keras model's answers."""

import numpy as np


def probabilities(model, images, batch_size=256):
    """Returns the softmax of a model's logits.

    Args:
        model: Keras model from raw images to logits, classes last.
        images: `(count, height, width, channels)`, raw pixels.
        batch_size: Images in one forward pass.

    Returns:
        float64 array of the logits' shape; float64 keeps the tail of confident
        models above zero.
    """
    return softmax(model.predict(images, batch_size=batch_size, verbose=0))


def softmax(logits):
    """Returns the float64 softmax of logits, see `probabilities`."""
    logits = np.asarray(logits, np.float64)
    logits -= logits.max(axis=-1, keepdims=True)
    powers = np.exp(logits)
    return powers / powers.sum(axis=-1, keepdims=True)
