"""Removes channels of convolutions, and everything that belongs to them."""

import collections

import keras
import numpy as np
from keras import layers

from tfkd import weights
from tfkd.errors import InputError
from tfkd.errors import unknown

# What a channel passes through without meeting another.
_PASSING = (
    layers.Activation,
    layers.AveragePooling2D,
    layers.BatchNormalization,
    layers.Cropping2D,
    layers.DepthwiseConv2D,
    layers.Dropout,
    layers.ELU,
    layers.Flatten,
    layers.GaussianNoise,
    layers.GlobalAveragePooling2D,
    layers.GlobalMaxPooling2D,
    layers.Identity,
    layers.LeakyReLU,
    layers.MaxPooling2D,
    layers.ReLU,
    layers.SpatialDropout2D,
    layers.UpSampling2D,
    layers.ZeroPadding2D,
)


def prunable(model):
    """Returns the names of convolutions whose channels can be removed.

    A channel can be removed where all that it reaches are convolutions,
    dense layers, and layers that treat channels one by one. Sums, outputs
    and layers of other kinds or in nested models keep the channels that they
    have; so residual blocks lose channels inside, not at their ends.

    Args:
        model: A functional or built Sequential model.
    """
    return list(_Graph(model).free)


def select(model, *, keep=None, threshold=None):
    """Returns which channels of a model's convolutions are strong.

    Args:
        model: A functional or built Sequential model.
        keep: Share of each convolution's channels that stay, in (0, 1]: those
            of the largest sum of absolute weights; at least one.
        threshold: Or the smallest Euclidean norm of a channel's weights that
            stays; at least the largest one.

    Returns:
        Name of the convolution to a sorted list of channels.

    Raises:
        InputError: If not exactly one of the two is given, or is out of
            range.
    """
    if (keep is None) == (threshold is None) or not (
        (keep is not None and 0 < keep <= 1)
        or (threshold is not None and 0 <= threshold < float("inf"))
    ):
        raise InputError(
            "Channels are selected by keep, in (0, 1], or by threshold >= 0, "
            f"received keep={keep!r} and threshold={threshold!r}."
        )
    graph, found = _Graph(model), {}
    for name, layer in graph.free.items():
        kernel = np.asarray(layer.kernel, "float64").reshape(-1, layer.filters)
        size = np.abs(kernel).sum(axis=0)
        count = max(1, round((keep or 0) * layer.filters))
        if threshold is not None:
            size = np.sqrt(np.square(kernel).sum(axis=0))
            count = max(1, int(np.sum(size >= threshold)))
        # Equal ones: the first.
        strongest = np.argsort(-size, kind="stable")[:count]
        found[name] = sorted(strongest.tolist())
    return found


def used(model):
    """Returns which channels later layers read with a weight other than 0.

    Args:
        model: A functional or built Sequential model.

    Returns:
        Name of the convolution to a sorted list of channels, at least one.
    """
    graph = _Graph(model)
    reads = {n: np.zeros(conv.filters, bool) for n, conv in graph.free.items()}
    for layer, origin in graph.consumers():
        kernel = np.asarray(layer.kernel)
        rows = np.any(
            kernel != 0,
            axis=tuple(a for a in range(kernel.ndim) if a != kernel.ndim - 2),
        )
        for row, source in zip(rows, origin):
            if row and source is not None and source[0] in reads:
                reads[source[0]][source[1]] = True
    return {
        name: np.flatnonzero(read).tolist() or [0]
        for name, read in reads.items()
    }


def prune_channels(model, kept):
    """Returns a smaller copy of a model.

    Args:
        model: A functional or built Sequential model.
        kept: Name of a convolution to the channels of it that stay, as
            `select` and `used` return; others stay whole.

    Returns:
        A functional `keras.Model` with the weights of `model` for what
        stays, not compiled.

    Raises:
        InputError: If a convolution is not prunable, or channels are not
            among those that it has.
    """
    graph = _Graph(model)
    kept = {n: _checked(n, found, graph) for n, found in kept.items()}

    def clone(layer):
        config = layer.get_config()
        if layer.name in kept:
            config["filters"] = len(kept[layer.name])
        return layer.__class__.from_config(config)

    copy = keras.models.clone_model(graph.model, clone_function=clone)
    for layer, origin in graph.weighted():
        inputs = [
            place
            for place, source in enumerate(origin)
            if source is None
            or source[0] not in kept
            or source[1] in kept[source[0]]
        ]
        outputs = kept.get(layer.name)
        copy.get_layer(layer.name).set_weights(
            [
                _slice(layer, np.asarray(w), inputs, outputs)
                for w in layer.weights
            ]
        )
    copy.name = model.name
    weights.keep_statistics(model, copy)
    return copy


def _slice(layer, weight, inputs, outputs):
    if weight.ndim == 0:
        return weight  # Such as the range of a layer's inputs.
    if isinstance(layer, layers.DepthwiseConv2D):
        return weight[:, :, inputs] if weight.ndim == 4 else weight[inputs]
    if isinstance(layer, layers.BatchNormalization):
        return weight[inputs]
    if isinstance(layer, (layers.Conv2D, layers.Dense)):
        if weight.ndim > 1:
            weight = weight[..., inputs, :]
        return weight if outputs is None else weight[..., outputs]
    return weight  # A layer that keeps its channels.


def _checked(name, channels, graph):
    if name not in graph.free:
        raise unknown(
            "convolution with channels that can be removed",
            name,
            graph.free,
            "See all with tfkd.models.prune_channels.prunable(model).",
        )
    filters = graph.free[name].filters
    found = sorted({int(channel) for channel in channels})
    if not found or found[0] < 0 or found[-1] >= filters:
        raise InputError(
            f"The channels of {name!r} that stay must be at least one of 0 to "
            f"{filters - 1}, received {list(channels)}."
        )
    return found


class _Graph:
    """Which convolution's channel each channel of each tensor is.

    Attributes:
        model: The functional model.
        free: Name to convolution of which channels can be removed.
    """

    def __init__(self, model):
        self.model = getattr(model, "_functional", model)
        self._calls = []
        inputs = keras.tree.map_structure(
            lambda t: keras.Input(batch_shape=t.shape, dtype=t.dtype),
            self.model._inputs_struct,
        )
        outputs = self.model._run_through_graph(
            inputs, operation_fn=self._recorded
        )
        names = collections.Counter(call[0].name for call in self._calls)
        shared = {name for name, count in names.items() if count > 1}
        fixed = {id(tensor) for tensor in keras.tree.flatten(outputs)}
        self.free = {}
        for layer, sources, results in reversed(self._calls):
            held = any(id(tensor) in fixed for tensor in results)
            plain = _is_reader(layer) and layer.name not in shared
            if isinstance(layer, layers.Conv2D) and plain and not held:
                self.free[layer.name] = layer
            passes = _joins(layer) or _passes(layer)
            if layer.name in shared or not (plain or passes and not held):
                fixed.update(id(tensor) for tensor in sources)
        self.free = dict(reversed(self.free.items()))
        self._origins = self._trace()

    def _recorded(self, layer):
        def call(*args, **kwargs):
            results = layer(*args, **kwargs)
            sources = keras.tree.flatten((args, kwargs))
            sources = [s for s in sources if isinstance(s, keras.KerasTensor)]
            self._calls.append((layer, sources, keras.tree.flatten(results)))
            return results

        return call

    def _trace(self):
        """The origin of each tensor's channels: (convolution, channel)."""
        origins = {}
        for layer, sources, results in self._calls:
            below = [
                origins.get(id(t), [None] * (t.shape[-1] or 0)) for t in sources
            ]
            for tensor in results:
                found = [None] * (tensor.shape[-1] or 0)
                if layer.name in self.free:
                    found = [(layer.name, n) for n in range(layer.filters)]
                elif _joins(layer):
                    found = [origin for part in below for origin in part]
                elif isinstance(layer, layers.Flatten):
                    found = below[0] * (len(found) // max(len(below[0]), 1))
                elif _passes(layer):
                    found = below[0]
                origins[id(tensor)] = found
        return origins

    def weighted(self):
        """Yields layers with weights, and the origin of their inputs."""
        for layer, sources, _ in self._calls:
            if getattr(layer, "weights", ()):
                source = sources[0]
                nothing = [None] * (source.shape[-1] or 0)
                yield layer, self._origins.get(id(source), nothing)

    def consumers(self):
        """Yields convolutions and dense layers, likewise."""
        return (pair for pair in self.weighted() if _is_reader(pair[0]))


def _is_reader(layer):
    if isinstance(layer, layers.Conv2D):
        return layer.groups == 1
    return isinstance(layer, layers.Dense)


def _joins(layer):
    if not isinstance(layer, layers.Concatenate):
        return False
    return layer.axis in (-1, len(layer.output.shape) - 1)


def _passes(layer):
    if isinstance(layer, layers.DepthwiseConv2D):
        return layer.depth_multiplier == 1
    if isinstance(layer, layers.Activation):
        return layer.activation is not keras.activations.softmax
    return isinstance(layer, _PASSING)
