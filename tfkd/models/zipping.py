"""Merges two trained networks of one layout into one with two heads."""

import keras
import numpy as np
from keras import layers
from keras import ops

from tfkd.errors import InputError

_WEIGHTED = (layers.Conv2D, layers.Dense)
# Settings of a layer that change nothing of what a trained one computes.
_TRAINING = ("name", "dtype", "noise_shape", "rate", "seed", "trainable")


def zip_networks(first, second, x, x_second=None, *, names, ridge=1e-3):
    """Returns a network of shared layers for the tasks of two networks.

    Hidden layers are merged one after the other. The neurons i of the first
    and j of the second network that differ least in function are shared, and
    get the weights that change both errors least.

    Equation:  d_ij = 1/2 D^T H D,  H = H_A (H_A + H_B)^-1 H_B,
               D = w_i - w_j, the smallest d first, each neuron once
               w = (H_A + H_B)^-1 (H_A w_i + H_B w_j)
    Symbols:   w incoming weights of a neuron, its bias the last; H_A, H_B
               mean outer products of a layer's inputs (of convolutions:
               patches), 1 the last, in the network that is merged so far, on
               data of either task.
    Paper:     He, Zhou & Thiele, *Multi-Task Zipping via Layer-wise Neuron
               Sharing*, NeurIPS 2018, arXiv:1805.09791.

    Args:
        first: A functional chain of Conv2D, Dense and layers without
            weights, that ends in a Dense layer.
        second: Likewise, of the same hidden layers.
        x: Examples of the first task, an array: some hundred.
        x_second: Of the second task; those of the first if absent.
        names: Of the two tasks: keys of the result's outputs.
        ridge: Added to both H, times their mean diagonal element.

    Returns:
        A functional `keras.Model` to a dict of logits, not compiled.

    Raises:
        InputError: If the networks are no such chains, or `names` are not
            two.
    """
    if len(set(names)) != 2 or not ridge > 0:
        raise InputError(
            "Two networks are zipped under two different names, with a ridge "
            f"> 0; received names={names!r}, ridge={ridge!r}."
        )
    chains = [_chain(model) for model in (first, second)]
    if list(map(_layout, chains[0][:-1])) != list(map(_layout, chains[1][:-1])):
        raise InputError(
            "Networks that are zipped must have the same hidden layers, of "
            "the same widths, activations and scalings; "
            f"{first.name!r} and {second.name!r} differ."
        )
    data = [x, x if x_second is None else x_second]
    source = first.inputs[0]
    inputs = keras.Input(batch_shape=source.shape, dtype=source.dtype)
    tensor = inputs
    # Which neuron of each network every channel of the trunk is.
    places = [None, None]
    for one, two in zip(chains[0][:-1], chains[1][:-1]):
        layer = one.__class__.from_config(one.get_config())
        before = keras.Model(inputs, tensor)
        tensor = layer(tensor)
        if isinstance(one, _WEIGHTED):
            seen = [before.predict(d, verbose=0) for d in data]
            moments = [_moment(s, one, ridge) for s in seen]
            columns = [
                _columns(pair, place) for pair, place in zip((one, two), places)
            ]
            weights, places = _merged(columns, moments)
            kernel = weights[:-1] if one.use_bias else weights
            new = [kernel.reshape(one.kernel.shape)]
            layer.set_weights(new + [weights[-1]] if one.use_bias else new)
    outputs = {}
    for name, chain, place in zip(names, chains, places):
        old = chain[-1]
        config = {**old.get_config(), "name": name}
        head = layers.Dense.from_config(config)
        outputs[name] = head(tensor)
        columns = _columns(old, place)
        new = [columns[:-1], columns[-1]] if old.use_bias else [columns]
        head.set_weights(new)
    return keras.Model(inputs, outputs, name=f"{first.name}_zipped")


def _chain(model):
    """Layers in a row, without the input; the last is the head."""
    found, ends = [], []

    def recorded(layer):
        def call(x, *args, **kwargs):
            y = layer(x, *args, **kwargs)
            found.append(layer)
            ends.append((x, y))
            return y

        return call

    graph = getattr(model, "_functional", model)
    if hasattr(graph, "_run_through_graph") and len(graph.inputs) == 1:
        source = graph.inputs[0]
        inputs = keras.Input(batch_shape=source.shape, dtype=source.dtype)
        inputs = keras.tree.map_structure(
            lambda _: inputs, graph._inputs_struct
        )
        graph._run_through_graph(inputs, operation_fn=recorded)
    plain = all(
        isinstance(x, _WEIGHTED) and getattr(x, "groups", 1) == 1
        if getattr(x, "weights", ())
        else isinstance(x, layers.Layer)
        for x in found
    )
    row = all(y is x for (_, y), (x, _) in zip(ends, ends[1:]))
    if not (found and plain and row) or not isinstance(found[-1], layers.Dense):
        raise InputError(
            "A network that is zipped must be a chain of Conv2D, Dense and "
            f"layers without weights that ends in a Dense layer, and "
            f"{getattr(model, 'name', model)!r} is not. Build it without "
            "batch normalization, such as tfkd.models.build('cnn', "
            "batch_normalization=False, ...)."
        )
    return found


def _layout(layer):
    """What a layer computes, but for its weights."""
    return type(layer), {
        name: str(value)
        for name, value in layer.get_config().items()
        if name not in _TRAINING
        and not name.endswith(("_initializer", "_regularizer", "_constraint"))
    }


def _columns(layer, places):
    """Incoming weights of each neuron, in the order of the trunk's channels."""
    kernel = np.asarray(layer.kernel, "float64")
    outputs = kernel.shape[-1]
    if places is not None:
        # Behind a Flatten every position has its own weights for a channel.
        inside = kernel.reshape(*kernel.shape[:-2], -1, len(places), outputs)
        kernel = inside[..., places, :]
    columns = kernel.reshape(-1, outputs)
    if not layer.use_bias:
        return columns
    return np.concatenate([columns, np.asarray(layer.bias, "float64")[None]])


def _moment(seen, layer, ridge):
    """H of a layer's inputs: of its patches where it is a convolution."""
    if isinstance(layer, layers.Conv2D):
        seen = ops.image.extract_patches(
            seen,
            layer.kernel_size,
            strides=layer.strides,
            padding=layer.padding,
        )
    rows = np.asarray(seen, "float64")
    rows = rows.reshape(-1, rows.shape[-1])
    if layer.use_bias:
        rows = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
    moment = rows.T @ rows / len(rows)
    size = np.trace(moment) / len(moment)
    return moment + ridge * (size or 1.0) * np.eye(len(moment))


def _merged(columns, moments):
    """Shared weights, and the neurons of each network that share them."""
    (a, b), (h_a, h_b) = columns, moments
    both = np.linalg.inv(h_a + h_b)
    joint = h_a @ both @ h_b
    squares = [np.einsum("ki,kl,li->i", w, joint, w) for w in (a, b)]
    cost = squares[0][:, None] + squares[1][None] - 2.0 * a.T @ joint @ b
    left, pairs = cost.copy(), []
    for _ in range(len(cost)):
        i, j = np.unravel_index(np.argmin(left), left.shape)
        pairs.append((int(i), int(j)))
        left[i, :] = left[:, j] = np.inf
    places = [np.array(found) for found in zip(*pairs)]
    weights = both @ (h_a @ a[:, places[0]] + h_b @ b[:, places[1]])
    return weights, places
