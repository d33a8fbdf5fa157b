"""Anchor boxes: a grid of them, overlaps, boxes relative to them.

Boxes are `(top, left, bottom, right)` in pixels, edges at whole numbers.
"""

import numpy as np
from keras import ops

# Encoded sizes beyond it (65,000 times an anchor's) are not boxes any more.
_LARGEST = 11.0


def grid(image_size, map_size, sizes):
    """Returns anchors centred on every cell of a map.

    Args:
        image_size: `(height, width)` in pixels.
        map_size: `(rows, columns)` of the map.
        sizes: `((height, width), ...)` in pixels, k of them.

    Returns:
        Float32 array `(rows, columns, k, 4)`.
    """
    centres = [
        (np.arange(cells) + 0.5) * pixels / cells
        for pixels, cells in zip(image_size, map_size)
    ]
    y, x = np.meshgrid(*centres, indexing="ij")
    centre = np.stack([y, x], axis=-1)[:, :, None, :]
    half = np.asarray(sizes, "float64")[None, None] / 2
    boxes = np.concatenate([centre - half, centre + half], axis=-1)
    return boxes.astype("float32")


def iou(first, second):
    """Intersection over union of `(..., n, 4)` and `(..., m, 4)` boxes.

    Returns:
        Shape `(..., n, m)`; 0 where a box has no area.
    """
    first = ops.expand_dims(first, -2)
    second = ops.expand_dims(second, -3)
    shared = _shared(first, second)
    union = _area(first) + _area(second) - shared
    some = union > 0
    return ops.where(some, shared / ops.where(some, union, 1.0), 0.0)


def inside(first, second):
    """Shares of `(..., n, 4)` boxes that lie in `(..., m, 4)` boxes.

    Returns:
        Shape `(..., n, m)`; 0 where the first has no area.
    """
    first = ops.expand_dims(first, -2)
    second = ops.expand_dims(second, -3)
    area = _area(first)
    some = area > 0
    shared = _shared(first, second)
    return ops.where(some, shared / ops.where(some, area, 1.0), 0.0)


def encode(boxes, anchors):
    """Boxes as offsets from anchors (R-CNN's parametrization).

    Args:
        boxes: `(..., 4)`, of positive size.
        anchors: `(..., 4)`.

    Returns:
        `(..., 4)`: shift of the centre over the anchor's size, logarithm of
        the ratio of sizes.
    """
    centre, size = _centre_and_size(boxes)
    anchor_centre, anchor_size = _centre_and_size(anchors)
    return ops.concatenate(
        [(centre - anchor_centre) / anchor_size, ops.log(size / anchor_size)],
        axis=-1,
    )


def decode(offsets, anchors):
    """Returns the boxes whose `encode` is `offsets`."""
    anchor_centre, anchor_size = _centre_and_size(anchors)
    centre = anchor_centre + offsets[..., :2] * anchor_size
    exponent = ops.clip(offsets[..., 2:], -_LARGEST, _LARGEST)
    half = ops.exp(exponent) * anchor_size / 2.0
    return ops.concatenate([centre - half, centre + half], axis=-1)


def _shared(first, second):
    top_left = ops.maximum(first[..., :2], second[..., :2])
    bottom_right = ops.minimum(first[..., 2:], second[..., 2:])
    size = ops.maximum(bottom_right - top_left, 0.0)
    return size[..., 0] * size[..., 1]


def _area(boxes):
    size = ops.maximum(boxes[..., 2:] - boxes[..., :2], 0.0)
    return size[..., 0] * size[..., 1]


def _centre_and_size(boxes):
    return (
        (boxes[..., :2] + boxes[..., 2:]) / 2.0,
        boxes[..., 2:] - boxes[..., :2],
    )
