"""Merges a 1x1 convolution into the layer before it."""

from keras import ops

from tfkd.errors import InputError


def absorb(layer, matrix):
    """Gives a layer the weights of itself and a 1x1 convolution behind it.

    Equation:  Q (W * x + b) = (Q W) * x + Q b
    Symbols:   W kernel, b bias, both before the layer's activation, if it has
               one; Q `matrix`.
    Paper:     Li, Li, Liu & Zhang, *Few Sample Knowledge Distillation for
               Efficient Network Compression*, CVPR 2020, arXiv:1812.01839.

    Args:
        layer: A built `Conv2D` in one group, `Dense`, or another layer whose
            kernel ends in the axis of its outputs. Changed in place.
        matrix: Q as the kernel of a convolution has it, `(outputs, outputs)`
            from old to new.

    Raises:
        InputError: If the layer has no such kernel, or sizes do not fit.
    """
    kernel = getattr(layer, "kernel", None)
    outputs = getattr(layer, "filters", getattr(layer, "units", None))
    fits = (
        kernel is not None
        and outputs is not None
        and kernel.shape[-1] == outputs
        and getattr(layer, "groups", 1) == 1
    )
    if not fits or tuple(matrix.shape) != (outputs, outputs):
        raise InputError(
            "A 1x1 convolution can be merged into a built Conv2D in one group "
            "or Dense layer, with a matrix (outputs, outputs); received "
            f"{type(layer).__name__} {layer.name!r} of {outputs} outputs and a "
            f"matrix {tuple(matrix.shape)}."
        )
    matrix = ops.cast(matrix, kernel.dtype)
    kernel.assign(ops.tensordot(kernel, matrix, axes=1))
    if layer.use_bias:
        layer.bias.assign(ops.tensordot(layer.bias, matrix, axes=1))
