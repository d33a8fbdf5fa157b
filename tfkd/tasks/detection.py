"""Object detection with anchors on one map."""

import keras
import numpy as np
from keras import layers
from keras import ops

from tfkd.errors import InputError
from tfkd.models import anchors as anchors_lib
from tfkd.models import blocks
from tfkd.numerics import per_example
from tfkd.tasks import digit_scenes

LABELS = (
    "numbers (batch, objects, 5): top, left, bottom, right in pixels and the "
    "class; rows of a negative class are padding, those of class -2 regions "
    "of which nothing is known"
)
TAPS = {"features": "fpn", "logits": "outputs"}
CLASSES = 10
# The class of a region that may hold anything: it is no background.
UNKNOWN = anchors_lib.UNKNOWN
# Objects of anchors.
targets = anchors_lib.assign
IMAGE_SIZE = (32, 32)
STRIDE = 4
# Heights and widths in pixels.
ANCHOR_SIZES = ((8, 8), (16, 16))


def anchors(image_size=IMAGE_SIZE, sizes=ANCHOR_SIZES):
    """Returns the anchors of `model`, `(anchors, 4)`."""
    map_size = [pixels // STRIDE for pixels in image_size]
    return anchors_lib.grid(image_size, map_size, sizes).reshape(-1, 4)


def loss(image_size=IMAGE_SIZE, sizes=ANCHOR_SIZES):
    """Returns the task loss of `model` on images of this size."""
    return DetectionLoss(image_size=image_size, sizes=sizes)


def metrics():
    """Returns no Keras metric: see `average_precision`, of all images."""
    return []


@keras.saving.register_keras_serializable("tfkd")
class DetectionLoss(keras.losses.Loss):
    """Focal loss of classes and smooth L1 of boxes, over positive anchors.

    Equation:  L = 1/max(1, P) [sum_a sum_c FL(p_ac, y_ac)
                                + sum_(a positive) h(v_a - u_a)]
               FL(p, 1) = -w (1 - p)^2 log p,  FL(p, 0) = -(1 - w) p^2
               log(1 - p), w = 0.25;  h Huber's loss, summed over 4 numbers
    Symbols:   p_ac = sigmoid of anchor a's score of class c; v, u predicted
               and true box relative to the anchor. An anchor is positive
               where its largest IoU is >= 0.5, or is the largest that an
               object has; else it does not count from 0.4 to 0.5, or where
               half of it lies in a region of class -2. P positives.
    Paper:     Lin et al., *Focal Loss for Dense Object Detection*, ICCV
               2017, arXiv:1708.02002.

    Args:
        image_size: `(height, width)` in pixels.
        sizes: Sizes of the anchors, in pixels.
        name: Name of the loss.
        **kwargs: See `keras.losses.Loss`.
    """

    def __init__(
        self,
        image_size=IMAGE_SIZE,
        sizes=ANCHOR_SIZES,
        name="detection_loss",
        **kwargs,
    ):
        super().__init__(name=name, **{"dtype": "float32", **kwargs})
        self.image_size = tuple(image_size)
        self.sizes = tuple(tuple(size) for size in sizes)
        self._anchors = anchors(self.image_size, self.sizes)

    def call(self, y_true, y_pred):
        positive, ignored, box, label = targets(y_true, self._anchors)
        positive, ignored, box = (
            ops.cast(x, y_pred.dtype) for x in (positive, ignored, box)
        )
        scores = y_pred[..., 4:]
        truth = ops.one_hot(label, scores.shape[-1], dtype=scores.dtype)
        truth = truth * positive[..., None]
        rare = ops.sum(focal(truth, scores), axis=-1) * (1.0 - ignored)
        offsets = anchors_lib.encode(
            box, ops.convert_to_tensor(self._anchors, y_pred.dtype)
        )
        size = ops.abs(y_pred[..., :4] - offsets)
        near = ops.minimum(size, 1.0)
        huber = ops.sum(near * (size - 0.5 * near), axis=-1)
        count = ops.maximum(ops.sum(positive, axis=1), 1.0)
        return per_example(rare + positive * huber, "sum") / count

    def get_config(self):
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "sizes": self.sizes,
        }


def focal(truth, scores, balance=0.25):
    """Returns FL of each element of logits: see `DetectionLoss`."""
    log_p = -ops.softplus(-scores)
    log_not_p = -ops.softplus(scores)
    return (
        -truth * balance * ops.exp(2.0 * log_not_p) * log_p
        - (1.0 - truth) * (1.0 - balance) * ops.exp(2.0 * log_p) * log_not_p
    )


def model(
    *,
    input_shape=(*IMAGE_SIZE, 1),
    num_classes=CLASSES,
    filters=(8, 16, 32),
    neck=32,
    sizes=ANCHOR_SIZES,
    numbers=4,
    scale=1 / 16,
    offset=0.0,
):
    """Builds a tiny one-stage detector.

    Args:
        input_shape: `(height, width, channels)`, sizes multiples of 8.
        num_classes: Classes of an object.
        filters: Channels of three stages of stride 1, 2 and 2.
        neck: Channels of the map `fpn`, of stride 4.
        sizes: Sizes of the anchors, in pixels.
        numbers: Numbers that say where an object is: four for a box.
        scale: Factor of raw pixels.
        offset: Added to the scaled pixels.

    Returns:
        A functional `keras.Model` to `(batch, anchors, numbers + classes)`:
        the box relative to the anchor, and a logit a class; with taps
        `stage1`, `stage2`, `stage3`, `fpn`.

    Raises:
        InputError: If there are not three stages.
    """
    if len(filters) != 3:
        raise InputError(f"The detector has 3 stages, received {filters!r}.")
    inputs = keras.Input(input_shape, name="image")
    x = blocks.pixels(inputs, scale, offset)
    x = blocks.conv(x, filters[0], name="stage1")
    x = blocks.conv(x, filters[1], stride=2, name="stage2")
    x = blocks.conv(x, filters[2], stride=2, name="stage3")
    # A coarser map, brought back, widens the view to a whole digit.
    top = blocks.conv(x, neck, stride=2, name="top")
    top = layers.UpSampling2D(2, name="up")(top)
    x = blocks.conv(x, neck, size=1, name="lateral")
    x = layers.Add(name="merge")([x, top])
    x = blocks.conv(x, neck, name="fpn")
    # At first every class is rare: 0.01.
    rare = keras.initializers.Constant(-np.log(99.0))
    heads = [
        layers.Conv2D(
            len(sizes) * width,
            3,
            padding="same",
            name=name,
            dtype="float32",
            bias_initializer=bias,
        )(x)
        for name, width, bias in (
            ("boxes", numbers, "zeros"),
            ("scores", num_classes, rare),
        )
    ]
    flat = [
        layers.Reshape((-1, width), name=f"{name}_flat", dtype="float32")(head)
        for head, name, width in zip(
            heads, ("boxes", "scores"), (numbers, num_classes)
        )
    ]
    outputs = layers.Concatenate(name="predictions", dtype="float32")(flat)
    return keras.Model(inputs, outputs, name="detector")


def data(count, **arguments):
    """Returns images and boxes, see `digit_scenes.scenes`."""
    found = digit_scenes.scenes(count, **arguments)
    return found.images, found.boxes


def detections(
    outputs,
    *,
    image_size=IMAGE_SIZE,
    sizes=ANCHOR_SIZES,
    overlap=0.5,
    limit=20,
):
    """Turns a model's outputs into boxes, each object once.

    Args:
        outputs: `(images, anchors, 4 + classes)`, an array.
        image_size: `(height, width)` in pixels.
        sizes: Sizes of the anchors, in pixels.
        overlap: A box with a larger IoU with a better one of its class goes.
        limit: At most as many boxes an image.

    Returns:
        A list of arrays `(boxes, 6)`: top, left, bottom, right, class,
        score; the best first.
    """
    outputs = np.asarray(outputs, "float32")
    boxes = np.asarray(
        anchors_lib.decode(
            ops.convert_to_tensor(outputs[..., :4]),
            ops.convert_to_tensor(anchors(image_size, sizes)),
        )
    )
    scores = 0.5 * (1.0 + np.tanh(0.5 * outputs[..., 4:]))
    found = []
    for box, score in zip(boxes, scores):
        label, best = score.argmax(axis=1), score.max(axis=1)
        order = np.argsort(-best, kind="stable")[: 4 * limit]
        rows = np.concatenate(
            [box[order], label[order, None], best[order, None]], axis=1
        ).astype("float32")
        found.append(_suppress(rows, overlap)[:limit])
    return found


def unlabelled(count, *, objects=3, image_size=IMAGE_SIZE):
    """Returns labels of images of which nothing is known.

    Args:
        count: Number of images.
        objects: Rows of an image, at least 1.
        image_size: `(height, width)` in pixels.

    Returns:
        Array `(count, objects, 5)`: a row of class -2 that reaches beyond the
        image, where anchors do, and padding.
    """
    labels = np.full((count, objects, 5), -1, "float32")
    height, width = image_size
    labels[:, 0] = -height, -width, 2 * height, 2 * width, UNKNOWN
    return labels


def _suppress(rows, overlap):
    shared = overlaps(rows, rows)
    kept = []
    for row in range(len(rows)):
        if all(
            shared[row, other] <= overlap or rows[row, 4] != rows[other, 4]
            for other in kept
        ):
            kept.append(row)
    return rows[kept]


def average_precision(labels, found, *, overlap=0.5, num_classes=CLASSES):
    """Area under precision over recall, the mean over classes that occur.

    A detection is right where it has an IoU >= `overlap` with an object of
    its class that no better detection has taken.

    Args:
        labels: `(images, objects, 5)`, an array.
        found: What `detections` returned.
        overlap: Smallest IoU of a hit.
        num_classes: Number of classes.

    Returns:
        A number in [0, 1]; 0 where there is no object.
    """
    pairs = []
    for truth, rows in zip(np.asarray(labels, "float32"), found):
        truth, rows = truth[truth[:, 4] >= 0], np.asarray(rows, "float32")
        pairs.append((truth, rows, overlaps(rows, truth)))
    results = [
        _class_precision(pairs, label, overlap)
        for label in range(num_classes)
        if any(np.any(truth[:, 4] == label) for truth, _, _ in pairs)
    ]
    return float(np.mean(results)) if results else 0.0


def _class_precision(pairs, label, overlap):
    hits, scores, total = [], [], 0
    for truth, rows, shared in pairs:
        objects = truth[:, 4] == label
        total += int(objects.sum())
        for row in np.flatnonzero(rows[:, 4] == label):
            free = np.where(objects, shared[row], -1.0)
            best = int(np.argmax(free)) if len(free) else 0
            hit = len(free) > 0 and free[best] >= overlap
            if hit:
                objects[best] = False
            hits.append(hit)
            scores.append(rows[row, 5])
    order = np.argsort(-np.array(scores), kind="stable")
    hit = np.array(hits, float)[order]
    precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    # The best precision at this recall or a higher one.
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(precision * hit) / total)


def overlaps(first, second):
    """IoU of arrays of boxes, each with each: `(first, second)`."""
    found = anchors_lib.iou(
        ops.convert_to_tensor(first[:, :4]),
        ops.convert_to_tensor(second[:, :4]),
    )
    return np.asarray(found)
