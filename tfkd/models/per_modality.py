"""One network for several modalities, with normalizations of their own."""

import keras

from tfkd.errors import InputError


def build(model, modalities):
    """Returns a network whose kernels all modalities share.

    Batch normalizations are a modality's own, and new; all other layers are
    those of `model`, and so are their weights.

    Args:
        model: A functional or built Sequential model of one input and one
            output.
        modalities: Names of at least two modalities.

    Returns:
        A functional `keras.Model` whose inputs are a dict of modality to
        images, and whose outputs a dict of modality to what `model` answers,
        in float32.

    Raises:
        InputError: If there are fewer than two modalities, or the model is
            none of the above, or has normalizations in nested models.
    """
    names = tuple(modalities)
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise InputError(
            "A network per modality needs at least two of them, each with a "
            f"name of its own, received {list(names)}."
        )
    if (
        not isinstance(model, keras.Model)
        or not model.built
        or len(model.inputs) != 1
        or len(model.outputs) != 1
    ):
        raise InputError(
            "Modalities share a functional or built Sequential keras.Model of "
            f"one input and one output, received {model!r}."
        )
    inside = {layer.name for layer in model._flatten_layers() if _norm(layer)}
    inside -= {layer.name for layer in model.layers}
    if inside:
        raise InputError(
            "Batch normalizations inside a nested model would be shared by "
            f"the modalities, received {sorted(inside)} in {model.name!r}. "
            "Build the model of its layers, without one around them."
        )
    given = model.inputs[0]
    inputs, outputs = {}, {}
    for name in names:
        inputs[name] = keras.Input(
            batch_shape=given.shape, dtype=given.dtype, name=name
        )
        copy = keras.models.clone_model(
            model,
            input_tensors=inputs[name],
            clone_function=lambda layer, name=name: _own(layer, name),
        )
        # An input has the modality's name already.
        outputs[name] = keras.layers.Identity(
            name=f"{name}_logits", dtype="float32"
        )(copy.outputs[0])
    return keras.Model(inputs, outputs, name=f"{model.name}_modalities")


def _norm(layer):
    return isinstance(layer, keras.layers.BatchNormalization)


def _own(layer, modality):
    """A new normalization of a modality, or the layer that all share."""
    if not _norm(layer):
        return layer
    config = {**layer.get_config(), "name": f"{modality}_{layer.name}"}
    return type(layer).from_config(config)
