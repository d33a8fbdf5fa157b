"""A network with one classifier a task on a common body."""

import keras

from tfkd.errors import unknown


def build(model, classes, *, layer="embedding"):
    """Returns a network of a model's layers and of new heads on one of them.

    The layers are shared with `model`, and so are their weights.

    Args:
        model: A functional model.
        classes: Dict of a head's name to its number of classes.
        layer: Name of the layer, of vectors or sequences, that heads read.

    Returns:
        A functional `keras.Model` whose outputs are a dict of float32 logits.

    Raises:
        InputError: If there is no such layer.
    """
    names = [found.name for found in model.layers]
    if layer not in names:
        raise unknown(f"layer of model {model.name!r}", layer, names)
    features = model.get_layer(layer).output
    outputs = {
        name: keras.layers.Dense(count, name=name, dtype="float32")(features)
        for name, count in classes.items()
    }
    return keras.Model(model.input, outputs, name=f"{model.name}_heads")
