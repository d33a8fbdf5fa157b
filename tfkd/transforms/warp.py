"""Images seen through displacements: warping, and what is hidden by it.

A displacement is a flow `(batch, height, width, 2)`, columns and rows in
pixels, or a disparity `(batch, height, width, 1)`: the pixel of the first
image at column x is at x - d in the second.
"""

import keras
from keras import ops


def as_flow(displacement):
    """Returns a flow: itself, or (-d, 0) of a disparity d."""
    if displacement.shape[-1] == 2:
        return displacement
    zero = ops.zeros_like(displacement)
    return ops.concatenate([-displacement, zero], axis=-1)


def warp(image, displacement):
    """Returns the image where the displacement points to.

    Equation:  W(p) = I(p + f(p)), bilinear between pixels, and the nearest
               pixel of the border outside

    Args:
        image: I `(batch, height, width, channels)`.
        displacement: f, a flow or disparity of the same size.
    """
    # Sizes may be known only when it runs.
    _, height, width, channels = ops.shape(image)
    flow = as_flow(displacement)
    dtype = keras.backend.result_type(image.dtype, flow.dtype)
    image, flow = ops.cast(image, dtype), ops.cast(flow, dtype)
    (x, last_column), (y, last_row) = _targets(flow)
    x, y = ops.clip(x, 0.0, last_column), ops.clip(y, 0.0, last_row)
    left, top = ops.floor(x), ops.floor(y)
    flat = ops.reshape(image, (-1, height * width, channels))

    def at(row, column):
        row = ops.cast(ops.minimum(row, last_row), "int32")
        column = ops.cast(ops.minimum(column, last_column), "int32")
        index = ops.reshape(row * width + column, (-1, height * width, 1))
        found = ops.take_along_axis(
            flat, ops.repeat(index, channels, axis=-1), axis=1
        )
        return ops.reshape(found, (-1, height, width, channels))

    right, down = (x - left)[..., None], (y - top)[..., None]
    upper = (1.0 - right) * at(top, left) + right * at(top, left + 1.0)
    lower = (1.0 - right) * at(top + 1.0, left) + right * at(
        top + 1.0, left + 1.0
    )
    return (1.0 - down) * upper + down * lower


def _targets(flow):
    """Returns where a flow leads to, and the largest place: columns, rows."""
    height, width = ops.shape(flow)[1:3]
    columns = ops.cast(ops.arange(width), flow.dtype)[None, None, :]
    rows = ops.cast(ops.arange(height), flow.dtype)[None, :, None]
    return (
        (columns + flow[..., 0], ops.cast(width - 1, flow.dtype)),
        (rows + flow[..., 1], ops.cast(height - 1, flow.dtype)),
    )


def inside(flow):
    """Returns 1 where a flow leads to a place in the image, else 0.

    Args:
        flow: f `(batch, height, width, 2)`.

    Returns:
        Shape `(batch, height, width, 1)`, without gradient.
    """
    (x, last_column), (y, last_row) = _targets(flow)
    found = (x >= 0) & (x <= last_column) & (y >= 0) & (y <= last_row)
    return ops.cast(found, flow.dtype)[..., None]


def visible(forward, backward, *, relative=0.01, absolute=0.5):
    """Returns 1 where a displacement leads back, 0 where it is hidden.

    Equation:  v = |f + b'|^2 <= r (|f|^2 + |b'|^2) + a,  b'(p) = b(p + f(p)),
               0 where p + f(p) is outside: what leaves the image is hidden,
               but for a motion below sqrt(a)
    Paper:     Sundaram et al., ECCV 2010; the numbers are those of Meister et
               al., *UnFlow*, AAAI 2018, arXiv:1711.07837.

    Args:
        forward: f, a flow from the first image to the second.
        backward: b, a flow from the second to the first.
        relative: r >= 0.
        absolute: a >= 0, in square pixels.

    Returns:
        Shape `(batch, height, width, 1)`, without gradient.
    """
    forward, backward = ops.stop_gradient(forward), ops.stop_gradient(backward)
    back = warp(backward, forward) * inside(forward)

    def square(flow):
        return ops.sum(ops.square(flow), axis=-1, keepdims=True)

    bound = relative * (square(forward) + square(back)) + absolute
    return ops.cast(square(forward + back) <= bound, forward.dtype)
