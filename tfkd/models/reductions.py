"""Smaller networks of the same graph: layers removed, convolutions narrowed."""

import collections
import dataclasses

import keras
from keras import layers

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.models import prune_channels
from tfkd.models.fresh import fresh_copy
from tfkd.models.rewrite import clone_layers


@dataclasses.dataclass(frozen=True)
class Decision:
    """What can be done to one layer.

    Attributes:
        layer: Its name.
        options: Shares of its filters that may stay; 0 removes the layer.
    """

    layer: str
    options: tuple


def removable(model):
    """Returns the names of layers whose output is shaped as their input.

    They are convolutions and dense layers; the first of them and those that
    give the outputs are not among them.

    Args:
        model: A functional or built Sequential model.
    """
    kinds = (layers.Conv2D, layers.DepthwiseConv2D, layers.Dense)
    functional = getattr(model, "_functional", model)
    nodes = [n for depth in functional._nodes_by_depth.values() for n in depth]
    shapes = collections.defaultdict(list)
    for node in nodes:
        sides = (node.input_tensors, node.outputs)
        shapes[node.operation.name].append(
            [[tuple(t.shape) for t in side] for side in sides]
        )
    ends = {t._keras_history.operation.name for t in functional.outputs}
    found = [layer for layer in model.layers if isinstance(layer, kinds)]
    return [
        layer.name
        for layer in found[1:]
        # Not one that is shared: its uses would go together.
        if layer.name not in ends
        and len(shapes[layer.name]) == 1
        and shapes[layer.name][0][0] == shapes[layer.name][0][1]
    ]


def removals(model):
    """Returns a `Decision` for each layer that may stay or go."""
    return [Decision(name, (0.0, 1.0)) for name in removable(model)]


def shrinkages(model, shares):
    """Returns a `Decision` for each convolution that may be narrower.

    Args:
        model: A functional or built Sequential model.
        shares: Of its filters, each in (0, 1].

    Raises:
        InputError: If a share is out of range.
    """
    if not shares or not all(0 < share <= 1 for share in shares):
        raise InputError(
            "Shares of filters must be in (0, 1], at least one, received "
            f"{tuple(shares)}. For example (0.25, 0.5, 1.0)."
        )
    return [
        Decision(name, tuple(shares)) for name in prune_channels.prunable(model)
    ]


def reduced(model, shares, seed=0):
    """Returns a smaller network with new weights.

    Args:
        model: A functional or built Sequential model.
        shares: Name of a layer to the share of its filters that stay, at
            least one of them; 0 puts the identity in its place.
        seed: Of the new weights.

    Returns:
        A functional `keras.Model`, not compiled, whose layers have the names
        of the model's.

    Raises:
        InputError: If a layer can not be removed, or not be narrowed.
    """
    gone, narrow = set(removable(model)), set(prune_channels.prunable(model))
    for name, share in shares.items():
        known = gone if share == 0 else narrow
        if share != 1 and name not in known:
            what = "removed" if share == 0 else "narrowed"
            raise unknown(f"layer that can be {what}", name, known)

    def clone(layer):
        share = shares.get(layer.name, 1)
        if share == 0:
            return layers.Identity(name=layer.name)
        config = layer.get_config()
        if share != 1:
            config["filters"] = max(1, round(share * layer.filters))
        return layer.__class__.from_config(config)

    return fresh_copy(clone_layers(model, clone), seed)


def parameters(model):
    """Returns the number of trainable weights."""
    return int(sum(keras.ops.size(w) for w in model.trainable_weights))
