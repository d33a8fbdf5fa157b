"""Tracking: where in a scene is the object of a small image?"""

import keras
import numpy as np
from keras import layers

from tfkd.errors import InputError
from tfkd.models import blocks
from tfkd.models.correlation import CrossCorrelation
from tfkd.tasks import detection
from tfkd.tasks import digit_scenes

LABELS = (
    "numbers (batch, 1, 5): top, left, bottom, right in pixels of the scene, "
    "and 0; -1 where the object is not there"
)
TAPS = {"features": "response", "logits": "outputs"}
TARGET_SIZE = (16, 16)


def loss():
    """Returns the loss of a detector of one class, see `detection`."""
    return detection.loss()


def metrics():
    """Returns no Keras metric: see `success`."""
    return []


def model(
    *,
    image_size=detection.IMAGE_SIZE,
    target_size=TARGET_SIZE,
    filters=(8, 16, 24),
    sizes=detection.ANCHOR_SIZES,
    scale=1 / 16,
):
    """Builds a tiny Siamese tracker.

    Args:
        image_size: `(height, width)` of scenes, multiples of 4.
        target_size: Likewise of the images of targets.
        filters: Channels of three stages of stride 1, 2 and 2, which see
            both images.
        sizes: Sizes of the anchors, in pixels.
        scale: Factor of raw pixels.

    Returns:
        A functional `keras.Model` of `[target, scene]`, to `(batch, anchors,
        5)`: the box relative to the anchor, and a logit; with the taps
        `target` and `scene`, features of both, and `response`.

    Raises:
        InputError: If there are not three stages.
    """
    if len(filters) != 3:
        raise InputError(f"The tracker has 3 stages, received {filters!r}.")
    features = _features(filters, scale)
    inputs = [
        keras.Input((*size, 1), name=f"{name}_image")
        for name, size in (("target", target_size), ("scene", image_size))
    ]
    target, scene = (
        layers.Identity(name=name)(features(image))
        for name, image in zip(("target", "scene"), inputs)
    )
    x = CrossCorrelation(name="correlation")([scene, target])
    x = layers.Concatenate(name="joined")([x, scene])
    x = blocks.conv(x, filters[-1], name="response")
    parts = []
    for name, width, bias in (
        ("boxes", 4, "zeros"),
        ("scores", 1, keras.initializers.Constant(-np.log(99.0))),
    ):
        head = layers.Conv2D(
            len(sizes) * width,
            3,
            padding="same",
            bias_initializer=bias,
            name=name,
            dtype="float32",
        )(x)
        parts.append(layers.Reshape((-1, width), dtype="float32")(head))
    outputs = layers.Concatenate(name="predictions", dtype="float32")(parts)
    return keras.Model(inputs, outputs, name="tracker")


def _features(filters, scale):
    """A network that both images pass."""
    inputs = keras.Input((None, None, 1))
    x = blocks.pixels(inputs, scale, 0.0)
    for number, (width, stride) in enumerate(zip(filters, (1, 2, 2)), start=1):
        x = blocks.conv(x, width, stride=stride, name=f"stage{number}")
    return keras.Model(inputs, x, name="backbone")


def data(count, *, noise=1.0, seed=0, **arguments):
    """Returns `[targets, scenes]` and boxes.

    A target is cut out of its scene, around one of its digits; the scene then
    fades, and both get noise of their own.

    Args:
        count: Number of pairs.
        noise: Standard deviation, where ink is up to 16.
        seed: The same seed makes the same pairs.
        **arguments: See `digit_scenes.scenes`.
    """
    found = digit_scenes.scenes(count, seed=seed, **arguments)
    random = np.random.default_rng([seed, 7])
    height, width = TARGET_SIZE
    edges = ((0, 0), (height, height), (width, width), (0, 0))
    padded = np.pad(found.images, edges)
    targets = np.zeros((count, height, width, 1), "float32")
    boxes = np.zeros((count, 1, 5), "float32")
    for number, objects in enumerate(found.boxes):
        row = random.choice(np.flatnonzero(objects[:, 4] >= 0))
        boxes[number, 0, :4] = objects[row, :4]
        middle = (objects[row, :2] + objects[row, 2:4]) / 2
        top, left = np.int64(middle) + np.array([height, width]) // 2
        targets[number] = padded[number, top : top + height][
            :, left : left + width
        ]
    scenes = found.images * random.uniform(0.6, 1.0, (count, 1, 1, 1))
    both = [
        (x + random.normal(0, noise, x.shape)).astype("float32")
        for x in (targets, scenes)
    ]
    return both, boxes


def success(labels, outputs, *, overlap=0.5):
    """Share of scenes whose most certain box overlaps with the object's.

    Args:
        labels: `(scenes, 1, 5)`, an array.
        outputs: What `model` returns for them.
        overlap: Smallest IoU of a hit.
    """
    hits = []
    for truth, rows in zip(labels, detection.detections(outputs)):
        shared = detection.overlaps(rows[:1], truth)
        hits.append(float(shared.max()) >= overlap)
    return float(np.mean(hits))
