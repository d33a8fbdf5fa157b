"""What a network sees, as a tap."""

import keras

from tfkd.taps.graph import names


def image(model):
    """Returns the tap of a model's rescaled input, else of its input.

    Args:
        model: A functional or built Sequential model.
    """
    first = names(model)[0]
    layer = None if "/" in first else model.get_layer(first)
    rescaled = isinstance(layer, keras.layers.Rescaling)
    return first if rescaled else f"{first}:input"
