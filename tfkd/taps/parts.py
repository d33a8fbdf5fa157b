"""A model in parts that follow each other."""

import keras

from tfkd.errors import InputError
from tfkd.taps.graph import TapGraph


def cut(model, names):
    """Cuts a model at taps; the parts share its layers.

    Args:
        model: A functional or built Sequential model.
        names: Taps in the order of the graph, each on all paths from the one
            before to the logits.

    Returns:
        Models: from the input to the first tap, from there to the next, ...,
        and from the last to the logits.

    Raises:
        InputError: If a tap does not exist, or a path leads around it.
    """
    graph = TapGraph(model)
    ends = [graph.inputs, *map(graph.tensor, names), graph.tensor("logits")]
    try:
        return [
            keras.Model(start, end, name=f"part{number}")
            for number, (start, end) in enumerate(zip(ends, ends[1:]))
        ]
    except ValueError as error:
        raise InputError(
            f"The model {model.name!r} can be cut where all paths lead "
            f"through one tap, received {tuple(names)}. Name ends of stages, "
            "in their order: see tfkd.taps.summary(model)."
        ) from error


def until(model, name):
    """Returns the part of a model from its input to a tap.

    It shares the layers of `model`, and has no others.

    Args:
        model: A functional or built Sequential model.
        name: Name of the tap.

    Raises:
        InputError: If the tap does not exist.
    """
    graph = TapGraph(model)
    return keras.Model(
        graph.inputs, graph.tensor(name), name=f"{model.name}_part"
    )
