"""Whether the channels of a map come last, as everything here reads them."""

import keras

from tfkd.errors import InputError

# Layers whose result has the order of what they are given.
_KEEPING = (
    keras.layers.Activation,
    keras.layers.ActivityRegularization,
    keras.layers.Add,
    keras.layers.AlphaDropout,
    keras.layers.Average,
    keras.layers.BatchNormalization,
    keras.layers.Concatenate,
    keras.layers.Dropout,
    keras.layers.ELU,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.GroupNormalization,
    keras.layers.Identity,
    keras.layers.LayerNormalization,
    keras.layers.LeakyReLU,
    keras.layers.Maximum,
    keras.layers.Minimum,
    keras.layers.Multiply,
    keras.layers.PReLU,
    keras.layers.ReLU,
    keras.layers.Softmax,
    keras.layers.Subtract,
)
# Names of functions of Keras whose result may have another order.
_MOVING = ("Einsum", "Moveaxis", "Reshape", "Swapaxes", "Transpose")


def check_order(model, taps):
    """Checks that maps have their channels last.

    The result of layers of `data_format="channels_first"` has not, and what
    activations, normalizations, sums and the like make of it. A layer of a
    user's own is taken to bring the channels to their place.

    Args:
        model: For the error.
        taps: Tap name to symbolic tensors. The tap `"outputs"` is not looked
            at: what a task takes is its own matter.

    Raises:
        InputError: Naming the tap, and the layer.
    """
    for name, tensors in taps.items():
        if name == "outputs":
            continue
        for tensor in keras.tree.flatten(tensors):
            layer = _channels_first(tensor)
            if layer is not None:
                raise InputError(
                    f"Maps must have their channels last, (batch, height, "
                    f"width, channels), and the tap {name!r} of the model "
                    f"{model.name!r} comes from the layer {layer.name!r} with "
                    "data_format='channels_first'. Build the model with "
                    "'channels_last' (keras.config.set_image_data_format) "
                    "and give it the same weights, or put a "
                    "keras.layers.Permute behind the layer and name that."
                )


def _channels_first(tensor):
    """Returns the layer that has put the channels of a map first, if any."""
    rank, seen, waiting = len(tensor.shape), set(), [tensor]
    while waiting:
        tensor = waiting.pop()
        if len(tensor.shape) != rank or id(tensor) in seen:
            continue
        seen.add(id(tensor))
        operation, node, _ = tensor._keras_history
        layer, own_rank = operation, rank
        # A layer within another one: one that runs at every time, or without
        # its activation.
        while isinstance(getattr(layer, "layer", None), keras.layers.Layer):
            own_rank -= isinstance(layer, keras.layers.TimeDistributed)
            layer = layer.layer
        order = getattr(layer, "data_format", None)
        if order == "channels_first" and own_rank > 2:
            return layer
        if order is None and _keeps(operation):
            waiting.extend(operation._inbound_nodes[node].input_tensors)
    return None


def _keeps(operation):
    if isinstance(operation, keras.layers.Layer):
        return isinstance(operation, _KEEPING)
    return type(operation).__name__ not in _MOVING
