"""Taps that are derivatives: by the model's input, or by a map.

| name | tensor |
|---|---|
| `"logits:jacobian"` | d z_k / d x for every k, `(batch, k, *input)` |
| `"logits:gradient"` | d z_k / d x for the largest z_k, `(batch, *input)` |
| `"stage2:jacobian"` | of a map: z is its attention, sum_c F_c^2, flattened |
| `"stage2:gradcam"` | `grad_cam` of d z_k / d F, `(batch, k, height, width)` |

F is the map `stage2`, z_k the logits: where F speaks for class k.

Each output k costs one backward pass, so a Jacobian is for tens of outputs.
Where a model mixes the examples of a batch in training (batch
normalization), the derivative is that of the sum over the batch.
"""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import require_tensorflow

_SUFFIXES = ("jacobian", "gradient", "gradcam")


def split(name):
    """Returns a tap's base, and the kind of derivative or `None`."""
    base, _, suffix = name.rpartition(":")
    return (base, suffix) if suffix in _SUFFIXES else (name, None)


def sources(name):
    """Returns the plain taps that a tap is made of."""
    base, suffix = split(name)
    return (base, "logits") if suffix == "gradcam" else (base,)


def grad_cam(slopes, maps):
    """Returns where maps speak for what was differentiated.

    Equation:  E = relu(sum_c a_c F_c),  a_c = mean over positions of dz / dF_c
    Paper:     Selvaraju et al., *Grad-CAM: Visual Explanations from Deep
               Networks via Gradient-based Localization*, ICCV 2017,
               arXiv:1610.02391, Eqns 1-2.

    Args:
        slopes: dz / dF, `(batch, height, width, channels)`.
        maps: F, of the same shape.

    Returns:
        E, `(batch, height, width)`.
    """
    weights = ops.mean(slopes, axis=(1, 2), keepdims=True)
    return ops.relu(ops.sum(weights * maps, axis=-1))


def scores(tap):
    """Returns the values z of a tap that are differentiated, `(batch, k)`.

    Args:
        tap: `(batch, k)` as it is, or a map `(batch, height, width,
            channels)`, of which the attention is taken.
    """
    if len(tap.shape) == 2:
        return tap
    attention = ops.sum(ops.square(tap), axis=-1)
    return ops.reshape(attention, (-1, attention.shape[1] * attention.shape[2]))


def spec(name, specs, model):
    """Returns the `keras.KerasTensor` of a derivative.

    Args:
        name: Of the tap.
        specs: Plain tap name to `keras.KerasTensor`: those of `sources`.
        model: The model it belongs to.

    Raises:
        InputError: If the base is neither a matrix nor a map of known size,
            the model has several inputs, or Keras runs on another backend.
    """
    require_tensorflow(f"The tap {name!r}")
    base, suffix = split(name)
    if suffix == "gradcam":
        return _grad_cam_spec(name, specs[base], specs["logits"])
    base = specs[base]
    shape = tuple(getattr(base, "shape", ()))
    if len(shape) not in (2, 4) or None in shape[1:]:
        raise InputError(
            f"The tap {name!r} is a derivative of a matrix (batch, outputs) "
            "or of a map (batch, height, width, channels) of known size, "
            f"received {shape or base}. Choose another tap."
        )
    inputs = keras.tree.flatten(getattr(model, "inputs", None) or [])
    if len(inputs) != 1:
        raise InputError(
            f"The tap {name!r} is a derivative by a model's one input; "
            f"{model.name!r} has {len(inputs)} that are known. Use a "
            "functional model of one input."
        )
    rows = shape[1] if len(shape) == 2 else shape[1] * shape[2]
    rows = (rows,) if suffix == "jacobian" else ()
    return keras.KerasTensor((shape[0], *rows, *inputs[0].shape[1:]))


def _grad_cam_spec(name, maps, logits):
    shape, classes = tuple(maps.shape), tuple(logits.shape)
    if len(shape) != 4 or len(classes) != 2:
        raise InputError(
            f"The tap {name!r} explains logits (batch, classes) by a map "
            "(batch, height, width, channels), received shapes "
            f"{classes} and {shape}. Choose a convolutional tap."
        )
    return keras.KerasTensor((shape[0], classes[1], *shape[1:3]))


def read(function, names, inputs, training):
    """Returns tap name to tensor, from one forward pass.

    Args:
        function: Called with `(inputs, training=...)`, returns a dict of
            plain taps.
        names: Taps, plain ones and derivatives.
        inputs: One tensor, perhaps in the dict or list of the model's inputs.
        training: Whether the pass is one of training.
    """
    import tensorflow as tf  # Lazily: plain taps are read without it.

    inputs = keras.tree.map_structure(_floating, inputs)
    source = keras.tree.flatten(inputs)[0]
    # Persistent: every output is differentiated on its own. An outer tape
    # records what this one computes, so that losses of it can be trained on.
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(source)
        found = function(inputs, training=training)
        targets = {name: _targets(name, found) for name in names}
    result = {}
    for name, values in targets.items():
        base, suffix = split(name)
        by = found[base] if suffix == "gradcam" else source
        rows = [
            tape.gradient(value, by, unconnected_gradients="zero")
            for value in values or ()
        ]
        if values is None:
            result[name] = found[name]
        elif suffix == "gradient":
            result[name] = rows[0]
        elif suffix == "gradcam":
            maps = ops.cast(by, "float32")
            rows = [grad_cam(ops.cast(row, "float32"), maps) for row in rows]
            result[name] = ops.stack(rows, axis=1)
        else:
            result[name] = ops.stack(rows, axis=1)
    return result


def _floating(x):
    """A tensor that can be differentiated by."""
    x = ops.convert_to_tensor(x)
    return x if x.dtype.is_floating else ops.cast(x, "float32")


def _targets(name, found):
    """What is differentiated, a list of `(batch,)`; `None` for plain taps."""
    base, suffix = split(name)
    if suffix is None:
        return None
    base = "logits" if suffix == "gradcam" else base
    values = ops.cast(scores(found[base]), "float32")
    if suffix == "gradient":
        return [ops.max(values, axis=-1)]
    return ops.unstack(values, axis=1)
