"""Anchor boxes: a grid of them, overlaps, boxes relative to them.

Boxes are `(top, left, bottom, right)` in pixels, edges at whole numbers.
"""

import numpy as np
from keras import ops

# Encoded sizes beyond it (65,000 times an anchor's) are not boxes any more.
_LARGEST = 11.0
# The class of a region that may hold anything: it is no background.
UNKNOWN = -2


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


def padded(labels):
    """Returns labels with one more row of padding.

    Of images of a batch in which there is no object at all, too, there is
    then a largest overlap: 0.

    Args:
        labels: `(batch, objects, 5)`, of any number of objects.
    """
    row = ops.full((1, 1, 5), -1.0, dtype=labels.dtype)
    row = ops.tile(row, (ops.shape(labels)[0], 1, 1))
    return ops.concatenate([labels, row], axis=1)


def assign(labels, anchors):
    """Assigns objects to anchors.

    An anchor is positive where its largest IoU is >= 0.5, or is the largest
    that an object has; else it does not count from 0.4 to 0.5, or where half
    of it lies in a region of class -2.

    Args:
        labels: `(batch, objects, 5)`: box and class, a negative one for
            padding, -2 for a region of which nothing is known; there may be
            no object.
        anchors: `(anchors, 4)`.

    Returns:
        Of each anchor: 1 where it is positive, 1 where it does not count,
        its box (the anchor itself where it is not positive), its class.
    """
    labels = padded(ops.cast(labels, "float32"))
    anchors = ops.convert_to_tensor(anchors, "float32")
    valid = labels[..., 4] >= 0
    overlap = iou(anchors[None], labels[..., :4])
    overlap = ops.where(valid[:, None], overlap, 0.0)
    best = ops.max(overlap, axis=1, keepdims=True)
    is_best = ops.logical_and(overlap >= best, overlap > 0)
    # An anchor that is the best of an object belongs to it.
    rank = overlap + ops.cast(is_best, "float32")
    chosen = ops.argmax(rank, axis=-1)
    strength = ops.max(rank, axis=-1)
    positive = ops.cast(strength >= 0.5, "float32")
    unsure = ops.logical_and(strength >= 0.4, strength < 0.5)
    hidden = ops.logical_and(
        inside(anchors[None], labels[..., :4]) >= 0.5,
        (labels[..., 4] == UNKNOWN)[:, None],
    )
    hidden = ops.logical_and(ops.any(hidden, axis=-1), strength < 0.5)
    unsure = ops.logical_or(unsure, hidden)
    found = ops.take_along_axis(labels, chosen[..., None], axis=1)
    box = ops.where(positive[..., None] > 0, found[..., :4], anchors[None])
    label = ops.cast(ops.maximum(found[..., 4], 0.0), "int32")
    return positive, ops.cast(unsure, "float32"), box, label


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
