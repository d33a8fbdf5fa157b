"""What TFLite's GPU delegate would leave to the CPU, read from the file.

The rules are those of the delegate's sources in google-ai-edge/LiteRT,
`tflite/delegates/gpu/common/model_builder.cc` and
`tflite/tools/versioning/gpu_compatibility.cc`: operations, their newest
version, types and ranks of tensors, and conditions on arguments that a
converted model can violate. Those of `LSTM` and `ONE_HOT` are not looked at.

`tf.lite.experimental.Analyzer` is no help: in TensorFlow 2.21 and
ai-edge-litert 2.3 it is built without the delegate's check and calls every
file compatible. Nothing here runs on a GPU: a file without a refusal may still
fail on a phone.
"""

# Operations that the delegate knows, by the newest version that it knows.
_ANY = 1 << 31
_KNOWN = {
    1: """
    CUMSUM DENSIFY GATHER ONE_HOT PRELU RESHAPE SELECT SELECT_V2
    """,
    2: """
    ABS ADD ADD_N AVERAGE_POOL_2D CONCATENATION COS DIV ELU EQUAL EXP FLOOR
    FLOOR_DIV FLOOR_MOD GELU GREATER GREATER_EQUAL LEAKY_RELU LESS LESS_EQUAL
    LOG LOGICAL_AND LOGISTIC MAXIMUM MAX_POOL_2D MINIMUM MIRROR_PAD NEG
    NOT_EQUAL PAD PADV2 POW QUANTIZE RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1 RSQRT
    SIGN SIN SLICE SOFTMAX SPACE_TO_DEPTH SQRT SQUARE SQUARED_DIFFERENCE SUB
    TANH
    """,
    3: """
    DEQUANTIZE MUL RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR TRANSPOSE_CONV
    """,
    4: "LSTM STRIDED_SLICE TRANSPOSE",
    6: "CONV_2D DEPTHWISE_CONV_2D",
    9: "FULLY_CONNECTED",
    _ANY: """
    BATCH_MATMUL CAST DEPTH_TO_SPACE HARD_SWISH MEAN PACK REDUCE_MAX REDUCE_MIN
    REDUCE_PROD SPLIT SPLIT_V SUM TILE UNPACK
    CUSTOM:Convolution2DTransposeBias CUSTOM:MaxPoolingWithArgmax2D
    CUSTOM:MaxUnpooling2D CUSTOM:Resampler
    """,
}
_NEWEST = {
    name: version for version, names in _KNOWN.items() for name in names.split()
}
_MOST_AXES = 4
_TYPES = {"FLOAT32", "FLOAT16", "INT8", "UINT8"}
_COMPARISONS = {
    "EQUAL",
    "GREATER",
    "GREATER_EQUAL",
    "LESS",
    "LESS_EQUAL",
    "NOT_EQUAL",
}
_MORE_INPUTS = {
    "CAST": {"BOOL", "INT32"},
    "GATHER": {"INT32"},
    "LOGICAL_AND": {"BOOL"},
    "ONE_HOT": {"INT32"},
    "SELECT": {"BOOL"},
    "SELECT_V2": {"BOOL"},
}
_MORE_OUTPUTS = {
    "CAST": {"BOOL", "INT32"},
    "LOGICAL_AND": {"BOOL"},
    **dict.fromkeys(_COMPARISONS, {"BOOL"}),
}


def refusal(node):
    """Says why the delegate would not take a node.

    Args:
        node: A `tfkd.export.graph.Node`.

    Returns:
        One phrase, or `None` if it would take the node.
    """
    if node.name not in _NEWEST:
        return "the delegate has no such operation"
    newest = _NEWEST[node.name]
    if node.version > newest:
        return (
            f"the delegate has version {newest}, the file needs {node.version}"
        )
    return _tensors(node) or _arguments(node)


def _tensors(node):
    sides = (
        ("input", node.given, _MORE_INPUTS),
        ("output", node.outputs, _MORE_OUTPUTS),
    )
    for side, tensors, more in sides:
        allowed = _TYPES | more.get(node.name, set())
        for tensor in tensors:
            if len(tensor.shape) > _MOST_AXES:
                return (
                    f"{side} of shape {list(tensor.shape)}: more than "
                    f"{_MOST_AXES} axes"
                )
            if not tensor.constant and tensor.kind not in allowed:
                return f"{side} of type {tensor.kind}"
    return None


def _arguments(node):
    if node.name in _COMPARISONS:
        return _comparison(node)
    check = _CHECKS.get(node.name)
    return check(node) if check else None


def _comparison(node):
    taken = [
        reader.name in ("CAST", "SELECT", "SELECT_V2")
        and reader.outputs[0].kind.startswith("FLOAT")
        for reader in node.readers
    ]
    if taken == [True]:
        return None
    return "its result must go to one CAST or SELECT of floats"


def _broadcast(node):
    long, short = sorted((t.shape for t in node.given), key=len, reverse=True)
    if len(short) < 2 or len(short) == len(long):
        return None
    batch_of_one = len(long) == 4 and long[0] == 1
    if batch_of_one and (len(short) == 3 or short == (1, 1)):
        return None
    if len(long) == 4 and short == (long[0], long[3]):
        return None
    return f"it cannot broadcast {list(short)} to {list(long)}"


def _terms(node):
    count = len(node.given)
    return None if count == 2 else f"it adds 2 tensors, not {count}"


def _matmul(node):
    second = node.inputs[1]
    if second.constant and len(second.shape) != 2:
        return f"constant of {len(second.shape)} axes instead of 2"
    return None


def _cumsum(node):
    if not node.inputs[0].kind.startswith("FLOAT"):
        return f"input of type {node.inputs[0].kind}"
    return None if node.inputs[1].constant else "axis is not constant"


def _gather(node):
    indices = node.inputs[1]
    if len(indices.shape) != 1 or indices.kind != "INT32":
        return "indices must be one axis of INT32"
    return None


def _axes(node):
    axes = node.inputs[1]
    return None if axes.constant else "axes are not constant"


def _pad(node):
    shape = node.inputs[1].shape
    if shape not in ((3, 2), (4, 2)):
        return f"it pads 3 or 4 axes, not {shape[0]}"
    if node.name == "MIRROR_PAD" and node.options.mode != 0:
        return "it mirrors without the edge only (REFLECT)"
    return None


def _select(node):
    output = node.outputs[0].shape
    for tensor in node.inputs[1:]:
        if tensor.shape != output and tensor.size > 1:
            return f"it cannot broadcast {list(tensor.shape)}"
    return None


def _slice(node):
    if len(node.inputs[0].shape) not in (3, 4):
        return f"it slices 3 or 4 axes, not {len(node.inputs[0].shape)}"
    if node.name == "STRIDED_SLICE" and (
        node.options.ellipsisMask
        or node.options.newAxisMask
        or node.options.shrinkAxisMask
    ):
        return "a slice may neither add nor drop axes"
    return None


def _softmax(node):
    beta = node.options.beta
    return None if beta == 1 else f"beta is {beta:g}, it must be 1"


_CHECKS = {
    "ADD": _broadcast,
    "ADD_N": _terms,
    "BATCH_MATMUL": _matmul,
    "CUMSUM": _cumsum,
    "GATHER": _gather,
    "MEAN": _axes,
    "MIRROR_PAD": _pad,
    "MUL": _broadcast,
    "PAD": _pad,
    "PADV2": _pad,
    "REDUCE_MAX": _axes,
    "REDUCE_MIN": _axes,
    "REDUCE_PROD": _axes,
    "SELECT": _select,
    "SELECT_V2": _select,
    "SLICE": _slice,
    "SOFTMAX": _softmax,
    "STRIDED_SLICE": _slice,
    "SUM": _axes,
}
