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
# TFLite builtins without an integer kernel, and what to use instead.
WITHOUT_INTEGER = {
    "CAST": "keras.Input without `dtype`; the int8 file takes uint8 all the "
    "same",
    "ELU": "relu or relu6",
    "EXP": "relu6 or hard_swish",
    "NEG": "BatchNormalization instead of LayerNormalization",
    "SQUARE": "BatchNormalization instead of GroupNormalization",
    "SQUARED_DIFFERENCE": "BatchNormalization instead of LayerNormalization",
    "CONV_3D": "two-dimensional convolutions",
}
# TFLite builtins without a kernel for int16 activations.
_WITHOUT_INT16 = {
    "HARD_SWISH": "relu or relu6",
    "NEG": "BatchNormalization instead of LayerNormalization",
}
_MOST = 4
_OP = re.compile(r"'tf\.(\w+)' op is neither a custom op nor a flex op")
_INT16 = re.compile(r"16x8-bit not yet supported for op: '(\w+)'")
_PLACE = re.compile(r'fused\["(\w+):", "([^"@]+)@')


def layers_of(tensor):
    """Returns the names of the Keras layers that make a tensor.

    The converter names a tensor after what it fused into one operation:
    `cnn_1/stage1_1/Relu;cnn_1/stage1_conv_1/convolution` is made by `stage1`
    and `stage1_conv`. Layers of a nested model are `inner/conv`; what a layer
    that is named has inside is not named again.
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
    return tuple(
        name
        for name in found
        if not any(name.startswith(f"{other}/") for other in found)
    )


def conversion_error(message, operations=tuple):
    """Returns an `InputError` for operations that the converter refuses.

    Args:
        message: What TensorFlow's converter says.
        operations: A function to the operations of the model as float32;
            called where the message names no layer.

    Returns:
        The error, or `None` if the converter failed for another reason.
    """
    ops = list(dict.fromkeys(_OP.findall(message)))
    if ops:
        places = {}
        for op, tensor in _PLACE.findall(message):
            places.setdefault(op, []).extend(layers_of(tensor))
        told = [_told(op, places.get(op, []), _WITHOUT_BUILTIN) for op in ops]
        return InputError(
            "A model for a phone may use TFLite's builtin operations only; it "
            f"has none for {_listed(told)}."
        )
    ops = list(dict.fromkeys(_INT16.findall(message)))
    if ops:
        places = {}
        for op in operations():
            places.setdefault(op.name, []).extend(op.layers[:1])
        told = [_told(op, places.get(op, []), _WITHOUT_INT16) for op in ops]
        return InputError(
            "TFLite has no int16 kernel for "
            f"{_listed(told)}. Or use 'int8', or 'float16'."
        )
    return None


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
        advice = WITHOUT_INTEGER.get(op.name, "another layer in its place")
        told.append(f"{op.name} ({where}tensor {op.tensor!r}): use {advice}")
    return InputError(
        f"{mode} must leave no float tensor; these operations stay in float: "
        f"{_listed(told) or 'QUANTIZE at an input or output'}. Or use "
        "'dynamic_int8', or 'float16', or allow_float=True."
    )


def _told(op, layers, instead):
    layers = list(dict.fromkeys(layers))
    where = f" (layer {_quoted(layers[:_MOST])})" if layers else ""
    return f"{op}{where}: use {instead.get(op, 'another layer in its place')}"


def _listed(told):
    rest = len(told) - _MOST
    more = f"; and {rest} more" if rest > 0 else ""
    return "; ".join(told[:_MOST]) + more


def _quoted(names):
    return ", ".join(repr(name) for name in names)
