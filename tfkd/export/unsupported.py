"""What TFLite cannot express, told by operation and layer, with advice."""

import re

from tfkd.errors import InputError

# TensorFlow operations without a TFLite builtin, and what to use instead.
_WITHOUT_BUILTIN = {
    "Erf": "keras.activations.gelu, which has one",
    "Lgamma": "nothing of the kind in the served graph",
    "RandomStandardNormal": "Dropout or GaussianNoise, which serving skips",
    "RandomUniform": "Dropout or GaussianNoise, which serving skips",
    "ResizeBicubic": "interpolation='bilinear' or 'nearest'",
    "ResizeArea": "interpolation='bilinear' or 'nearest'",
    "Svd": "nothing of the kind in the served graph",
}
# TFLite builtins without an integer kernel.
_WITHOUT_INTEGER = {
    "ELU": "relu or relu6",
    "EXP": "relu6 or hard_swish",
    "NEG": "BatchNormalization instead of LayerNormalization",
    "SQUARE": "BatchNormalization instead of GroupNormalization",
    "SQUARED_DIFFERENCE": "BatchNormalization instead of LayerNormalization",
    "CONV_3D": "two-dimensional convolutions",
}
_MOST = 4
_OP = re.compile(r"'tf\.(\w+)' op is neither a custom op nor a flex op")
_PLACE = re.compile(r'fused\["(\w+):", "([^"@]+)@')


def layers_of(tensor):
    """Returns the names of the Keras layers that make a tensor.

    The converter names a tensor after what it fused into one operation:
    `cnn_1/stage1_1/Relu;cnn_1/stage1_conv_1/convolution` is made by `stage1`
    and `stage1_conv`. Layers of a nested model are `inner/conv`.
    """
    found = []
    for part in tensor.split(";"):
        scopes = part.split("/")
        found_suffix = re.search(r"_\d+$", scopes[0])
        suffix = found_suffix.group() if found_suffix else ""
        layer = []
        for scope in scopes[1:-1]:
            # TensorFlow numbers the model's scope and its layers' alike;
            # what a layer opens inside has no number.
            if not scope.endswith(suffix):
                break
            layer.append(scope.removesuffix(suffix))
        name = "/".join(layer)
        if name and name not in found:
            found.append(name)
    return tuple(found)


def conversion_error(message):
    """Returns an `InputError` for operations that have no TFLite builtin.

    Args:
        message: What TensorFlow's converter says.

    Returns:
        The error, or `None` if the converter failed for another reason.
    """
    ops = list(dict.fromkeys(_OP.findall(message)))
    if not ops:
        return None
    places = {}
    for op, tensor in _PLACE.findall(message):
        places.setdefault(op, []).extend(layers_of(tensor))
    told = []
    for op in ops:
        layers = list(dict.fromkeys(places.get(op, [])))
        where = f" (layer {_quoted(layers)})" if layers else ""
        advice = _WITHOUT_BUILTIN.get(op, "another layer in its place")
        told.append(f"{op}{where}: use {advice}")
    return InputError(
        "A model for a phone may use TFLite's builtin operations only; it has "
        f"none for {_listed(told)}."
    )


def integer_error(mode, contents):
    """Returns an `InputError` for float tensors where none may be.

    Args:
        mode: Name of the conversion mode.
        contents: The file's `Inspection`.
    """
    told = []
    for op in contents.operations:
        if not op.touches_float or "QUANTIZE" in op.name:
            continue
        where = f"layer {_quoted(op.layers)}, " if op.layers else ""
        advice = _WITHOUT_INTEGER.get(op.name, "another layer in its place")
        told.append(f"{op.name} ({where}tensor {op.tensor!r}): use {advice}")
    return InputError(
        f"{mode} must leave no float tensor; these operations stay in float: "
        f"{_listed(told) or 'QUANTIZE at an input or output'}. Or use "
        "'dynamic_int8', or 'float16', or allow_float=True."
    )


def _listed(told):
    rest = len(told) - _MOST
    more = f"; and {rest} more" if rest > 0 else ""
    return "; ".join(told[:_MOST]) + more


def _quoted(names):
    return ", ".join(repr(name) for name in names)
