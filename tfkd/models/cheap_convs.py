"""Networks whose convolutions are replaced by cheaper ones."""

import keras
from keras import layers

from tfkd import weights
from tfkd.errors import InputError
from tfkd.models.rewrite import check_names


def cheapen(model, *, groups=None, bottleneck=1, keep=None):
    """Returns a network of the same wiring with cheaper convolutions.

    Every k x k convolution from n to m channels, k > 1, becomes

    - grouped and pointwise (`groups` = g): k x k from n to n in g groups, then
      1x1 to m: n^2 k^2 / g + n m weights instead of n m k^2;
    - a bottleneck (`bottleneck` = b): 1x1 to m / b, k x k there, 1x1 to m;
    - both: the k x k convolution of the bottleneck has g groups;

    with batch normalization and ReLU between them. The last of them has the
    name, bias and activation of the old one, so that taps keep their names.
    All weights are new.

    Paper:     Crowley, Gray & Storkey, *Moonshine: Distilling with Cheap
               Convolutions*, NeurIPS 2018, arXiv:1711.02613: G(g), B(b) and
               BG(b, g).

    Args:
        model: A functional or built Sequential model.
        groups: g, which divides the channels, or `"depthwise"` for one group
            a channel; `None` for 1.
        bottleneck: b, at least 1.
        keep: Names of convolutions that stay; the first one if absent, as
            images have few channels.

    Raises:
        InputError: If no convolution is replaced, g does not divide the
            channels of one, or a number is out of range.
    """
    _check(groups, bottleneck)
    graph = getattr(model, "_functional", model)
    spatial = [layer.name for layer in graph.layers if _is_spatial(layer)]
    keep = spatial[:1] if keep is None else list(keep)
    check_names(model, keep)
    replaced = []

    def call(layer, *args, **kwargs):
        if not _is_spatial(layer) or layer.name in keep:
            return layer(*args, **kwargs)
        replaced.append(layer.name)
        return _block(layer, args[0], groups, bottleneck)

    cheap = keras.models.clone_model(graph, call_function=call)
    if not replaced:
        raise InputError(
            f"The model {model.name!r} must have a convolution to replace: a "
            "Conv2D of a kernel larger than 1x1, in one group, not inside "
            f"another model, and not one of those to keep, {keep}. It has "
            f"{spatial}."
        )
    cheap.name = model.name
    weights.keep_statistics(model, cheap)
    return cheap


def _check(groups, bottleneck):
    whole = groups is None or groups == "depthwise" or _positive(groups)
    if not whole or not _positive(bottleneck):
        raise InputError(
            "groups must be a whole number >= 1, 'depthwise' or None, and "
            f"bottleneck a whole number >= 1, received groups={groups!r} and "
            f"bottleneck={bottleneck!r}."
        )
    if groups in (None, 1) and bottleneck == 1:
        raise InputError(
            "A cheap convolution needs groups, a bottleneck, or both, received "
            f"groups={groups!r} and bottleneck={bottleneck!r}. Pass for "
            "example groups='depthwise'."
        )


def _positive(value):
    return isinstance(value, int) and value >= 1


def _is_spatial(layer):
    return (
        type(layer) is layers.Conv2D
        and max(layer.kernel_size) > 1
        and layer.groups == 1
    )


def _block(old, x, groups, bottleneck):
    """Applies the convolutions that stand for `old`."""
    width = x.shape[-1]
    if bottleneck > 1:
        width = max(1, old.filters // bottleneck)
        x = _convolution(old, x, width, 1, part="down")
    groups = width if groups == "depthwise" else groups or 1
    if width % groups:
        raise InputError(
            f"groups must divide the {width} channels that the convolution "
            f"{old.name!r} has here, received groups={groups}. Choose a "
            "divisor, or 'depthwise'."
        )
    x = _convolution(
        old,
        x,
        width,
        old.kernel_size,
        part="spatial",
        strides=old.strides,
        padding=old.padding,
        dilation_rate=old.dilation_rate,
        groups=groups,
    )
    return layers.Conv2D(
        old.filters,
        1,
        use_bias=old.use_bias,
        activation=old.activation,
        kernel_initializer=old.kernel_initializer,
        bias_initializer=old.bias_initializer,
        kernel_regularizer=old.kernel_regularizer,
        bias_regularizer=old.bias_regularizer,
        dtype=old.dtype_policy,
        name=old.name,
    )(x)


def _convolution(old, x, filters, size, *, part, **arguments):
    name = f"{old.name}_{part}"
    x = layers.Conv2D(
        filters,
        size,
        use_bias=False,
        kernel_regularizer=old.kernel_regularizer,
        dtype=old.dtype_policy,
        name=name,
        **arguments,
    )(x)
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
