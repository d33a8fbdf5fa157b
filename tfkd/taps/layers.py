"""Finds layers by what they make or are, to read their weights."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.taps.graph import TapGraph


def batch_normalizations(model):
    """Returns the batch normalizations of a model, in graph order.

    Args:
        model: A functional or built Sequential model.

    Returns:
        Tap name of the layer's input to the `BatchNormalization` layer.

    Raises:
        InputError: If there is none, or the model's graph is not known.
    """
    graph = TapGraph(model)
    found = {
        f"{name}:input": operation
        for name, (operation, _, _) in graph._calls.items()
        if isinstance(operation, keras.layers.BatchNormalization)
    }
    if not found:
        raise InputError(
            f"The model {model.name!r} must have BatchNormalization layers, "
            "whose statistics tell about the training data; it has none. "
            "Use a teacher with them, or a method such as 'zskd'."
        )
    return found


def layers_of(model, tap):
    """Returns the layers with weights that a tap is computed from.

    Args:
        model: A functional or built Sequential model.
        tap: Name of a tap, see `tfkd.taps`.

    Returns:
        Innermost layers: none of them holds another.

    Raises:
        InputError: If there is no such tap.
    """
    graph = TapGraph(model)
    part = keras.Model(graph.inputs, graph.tensor(tap))
    return [
        layer
        for layer in part._flatten_layers(include_self=False)
        if layer.weights and not layer._flatten_layers(include_self=False)
    ]


def common_convolutions(teacher, student):
    """Returns the names of convolutions that both models have.

    Args:
        teacher: A functional or built Sequential model, or a teacher of one.
        student: Likewise, a model.

    Returns:
        Names in the student's order.
    """
    teacher = getattr(teacher, "model", teacher)
    known, found = [
        {
            name: operation
            for name, operation, _, _ in TapGraph(model).calls()
            if isinstance(operation, keras.layers.Conv2D)
        }
        for model in (teacher, student)
    ]
    return [name for name in found if name in known]


def class_logits(layer, features):
    """Applies a dense classifier to features, without its activation.

    Args:
        layer: What `classifier` returns, with a kernel `(features, classes)`.
        features: Shape `(batch, features)`.

    Returns:
        Logits `(batch, classes)`.
    """
    found = ops.matmul(features, ops.convert_to_tensor(layer.kernel))
    bias = getattr(layer, "bias", None)
    return found if bias is None else found + bias


def classifier(model):
    """Returns the layer with a kernel that makes a model's logits.

    Raises:
        InputError: If that is no dense or convolution layer.
    """
    graph = TapGraph(model)
    logits = graph.tensor("logits")
    names = {id(logits), id(graph.outputs)}
    if not keras.tree.is_nested(graph.outputs):
        # What only casts the result of the layer has no kernel.
        names.add(id(graph.maker(graph.outputs)[2]))
    for operation, _, outputs in reversed(graph._calls.values()):
        made = {id(t) for t in keras.tree.flatten(outputs)}
        if names & made and getattr(operation, "kernel", None) is not None:
            return operation
    raise InputError(
        f"The logits of model {model.name!r} must come from a Dense layer, "
        "whose weights tell which classes are alike; none was found. Name "
        "that layer 'logits'."
    )
