"""Semantic segmentation: a class for every pixel."""

import keras
from keras import layers
from keras import ops

from tfkd.models import blocks
from tfkd.tasks import digit_scenes
from tfkd.tasks import weights

LABELS = (
    "whole numbers (batch, height, width): the class of each pixel, -1 where "
    "it does not count"
)
TAPS = {"features": "stage3", "decoder": "decoder", "logits": "logits"}
# Digits and the background.
CLASSES = 11


def loss():
    """Returns the mean cross-entropy of logits over pixels.

    Pixels of class -1 count nothing, in a `Distiller` and without one.
    """
    return keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, ignore_class=-1
    )


def metrics(num_classes=CLASSES):
    """Returns the metrics of segmentation.

    Compile them as `weighted_metrics`: a `Distiller` gives pixels of class
    -1 the weight 0.
    """
    return [MeanIoU(num_classes)]


@keras.saving.register_keras_serializable("tfkd")
class MeanIoU(keras.metrics.Metric):
    """Intersection over union, the mean over classes that occur.

    Equation:  mIoU = 1/|C| sum_(c in C) TP_c / (TP_c + FP_c + FN_c), C the
               classes that occur in labels or predictions

    Args:
        num_classes: Number of classes.
        name: Name of the metric.
        **kwargs: See `keras.metrics.Metric`.
    """

    def __init__(self, num_classes=CLASSES, name="mean_iou", **kwargs):
        super().__init__(name=name, **kwargs)
        self.num_classes = int(num_classes)
        shape = (self.num_classes, self.num_classes)
        self.confusion = self.add_variable(shape, "zeros", name="confusion")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts pixels.

        Args:
            y_true: Classes `(batch, height, width)`, -1 does not count.
            y_pred: Logits or probabilities, `(..., classes)`.
            sample_weight: Weights of examples or of pixels.
        """
        true = ops.cast(y_true, "int32")
        weight = weights.labelled(true, sample_weight, self.dtype)
        count = self.num_classes
        true = ops.one_hot(ops.reshape(true, (-1,)), count, dtype=self.dtype)
        found = ops.reshape(ops.argmax(y_pred, axis=-1), (-1,))
        found = ops.one_hot(found, count, dtype=self.dtype)
        weighted = true * ops.reshape(weight, (-1, 1))
        self.confusion.assign_add(ops.matmul(ops.transpose(weighted), found))

    def result(self):
        hit = ops.diagonal(self.confusion)
        union = (
            ops.sum(self.confusion, axis=0)
            + ops.sum(self.confusion, axis=1)
            - hit
        )
        occurs = ops.cast(union > 0, self.dtype)
        each = hit / ops.maximum(union, 1e-7)
        return ops.sum(each) / ops.maximum(ops.sum(occurs), 1.0)

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}


def model(
    *,
    input_shape=(32, 32, 1),
    num_classes=CLASSES,
    filters=(8, 16, 32),
    scale=1 / 16,
    offset=0.0,
):
    """Builds a tiny encoder and decoder.

    Args:
        input_shape: `(height, width, channels)`, sizes multiples of
            2^(stages - 1).
        num_classes: Classes of a pixel.
        filters: Channels of each encoder stage; every stage but the first
            halves height and width.
        scale: Factor of raw pixels.
        offset: Added to the scaled pixels.

    Returns:
        A functional `keras.Model` to logits `(batch, height, width,
        classes)`, with taps `stage1`, ..., `decoder`, `logits`.
    """
    inputs = keras.Input(input_shape, name="image")
    x = blocks.pixels(inputs, scale, offset)
    skipped = []
    for stage, width in enumerate(filters, start=1):
        stride = 2 if stage > 1 else 1
        x = blocks.conv(x, width, stride=stride, name=f"stage{stage}")
        skipped.append(x)
    for stage in range(len(filters) - 1, 0, -1):
        x = layers.UpSampling2D(2, name=f"up{stage}")(x)
        x = layers.Concatenate(name=f"skip{stage}")([x, skipped[stage - 1]])
        name = "decoder" if stage == 1 else f"decoder{stage}"
        x = blocks.conv(x, filters[stage - 1], name=name)
    outputs = layers.Conv2D(num_classes, 1, name="logits", dtype="float32")(x)
    return keras.Model(inputs, outputs, name="segmenter")


def data(count, **arguments):
    """Returns images and masks, see `digit_scenes.scenes`."""
    found = digit_scenes.scenes(count, **arguments)
    return found.images, found.masks
