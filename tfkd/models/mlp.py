"""A multilayer perceptron over flattened pixels."""

import keras
from keras import layers

from tfkd.models import blocks


def build(
    *,
    input_shape,
    num_classes,
    scale=1.0,
    offset=0.0,
    units=(64, 32),
    dropout=0.0,
):
    """Builds fully connected stages and a classifier.

    Args:
        input_shape: Shape of one example.
        num_classes: Width of the logits.
        scale: Factor of raw pixels.
        offset: Added to the scaled pixels.
        units: Widths of the hidden layers, at least one.
        dropout: Rate before the logits.

    Returns:
        A functional `keras.Model` with taps `stage1`, ..., `embedding` (the
        last hidden layer), `logits`.

    Raises:
        InputError: If there is no hidden layer.
    """
    blocks.check_widths("mlp", units=units)
    inputs = keras.Input(input_shape, name="image")
    x = layers.Flatten(name="flatten")(blocks.pixels(inputs, scale, offset))
    for index, width in enumerate(units, start=1):
        name = "embedding" if index == len(units) else f"stage{index}"
        x = layers.Dense(width, name=f"{name}_dense")(x)
        x = layers.ReLU(name=name)(x)
    outputs = blocks.head(x, num_classes, dropout=dropout)
    return keras.Model(inputs, outputs, name="mlp")
