"""Multiply-accumulates of one invocation, counted from shapes."""


def count(node):
    """Counts the multiply-accumulates of a node.

    A multiply-accumulate is one product that is added to a sum; each is two
    FLOPs. An output of a convolution takes height * width * input channels (of
    its group) of them, also where the kernel lies on padding; one of a
    depthwise convolution height * width; one of a fully connected layer or a
    matrix product the length of the rows. A transposed convolution takes
    height * width * output channels for each of its inputs. Biases,
    activations and every other operation count as 0.

    Args:
        node: A `tfkd.export.graph.Node`.

    Returns:
        Their number, for the batch that the file was made for.
    """
    counter = _COUNTERS.get(node.name)
    return counter(node) if counter else 0


def _convolution(node):
    # (output channels, height, width, input channels of a group)
    _, height, width, channels = node.inputs[1].shape
    return node.outputs[0].size * height * width * channels


def _depthwise(node):
    # (1, height, width, output channels)
    _, height, width, _ = node.inputs[1].shape
    return node.outputs[0].size * height * width


def _transposed(node):
    # (output channels, height, width, input channels)
    outputs, height, width, _ = node.inputs[1].shape
    return node.inputs[2].size * outputs * height * width


def _fully_connected(node):
    # (output features, input features)
    return node.outputs[0].size * node.inputs[1].shape[-1]


def _matmul(node):
    axis = -2 if node.options is not None and node.options.adjX else -1
    return node.outputs[0].size * node.inputs[0].shape[axis]


_COUNTERS = {
    "BATCH_MATMUL": _matmul,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "TRANSPOSE_CONV": _transposed,
}
