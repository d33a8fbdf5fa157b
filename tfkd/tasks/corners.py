"""Objects that are turned: where are their centre and their corners?

The image plane's part of a pose in six degrees of freedom, as single-shot
detectors of such poses predict it: the projections of points of the object.
"""

import keras
import numpy as np
from keras import ops

from tfkd.errors import unknown
from tfkd.models import anchors as anchors_lib
from tfkd.numerics import per_example
from tfkd.tasks import detection

LABELS = (
    "numbers (batch, objects, 11): row and column in pixels of an object's "
    "centre and of its four corners, and its class; rows of a negative class "
    "are padding"
)
TAPS = {"features": "fpn", "logits": "outputs"}
IMAGE_SIZE = (24, 24)
POINTS = 5
NUMBERS = 2 * POINTS
# Pixels that are 1 in a model's answers.
REACH = 16
_LARGEST_TURN = np.pi / 3
_SPLITS = ("train", "test")


def loss(image_size=IMAGE_SIZE):
    """Returns the task loss of `model` on images of this size."""
    return CornersLoss(image_size=image_size)


def metrics():
    """Returns no Keras metric: see `success`."""
    return []


def centres(image_size=IMAGE_SIZE):
    """Returns the centres of all cells, `(cells, 2)`, in pixels."""
    cells = [pixels // detection.STRIDE for pixels in image_size]
    boxes = anchors_lib.grid(image_size, cells, ((0, 0),)).reshape(-1, 4)
    return boxes[:, :2]


def model(*, input_shape=(*IMAGE_SIZE, 1), **arguments):
    """Builds a tiny single-shot detector of points.

    Args:
        input_shape: `(height, width, channels)`, sizes multiples of 8.
        **arguments: See `tfkd.tasks.detection.model`.

    Returns:
        A functional `keras.Model` to `(batch, cells, 10 + classes)`: the
        points relative to the cell's centre, over 16 pixels, and a logit a
        class.
    """
    return detection.model(
        input_shape=input_shape,
        sizes=((REACH, REACH),),
        numbers=NUMBERS,
        **arguments,
    )


@keras.saving.register_keras_serializable("tfkd")
class CornersLoss(keras.losses.Loss):
    """Focal loss of classes, and smooth L1 of points where an object is.

    Equation:  L = 1/max(1, P) [sum_a sum_c FL(p_ac, y_ac)
                                + sum_(a positive) h(v_a - u_a)]
    Symbols:   as in `tfkd.tasks.detection.DetectionLoss`; a cell a is
               positive where an object's centre lies in it; u, v points
               relative to its centre, over 16 pixels.

    Args:
        image_size: `(height, width)` in pixels.
        name: Name of the loss.
        **kwargs: See `keras.losses.Loss`.
    """

    def __init__(self, image_size=IMAGE_SIZE, name="corners_loss", **kwargs):
        super().__init__(name=name, **{"dtype": "float32", **kwargs})
        self.image_size = tuple(image_size)
        self._centres = centres(self.image_size)

    def call(self, y_true, y_pred):
        y_true = ops.cast(y_true, y_pred.dtype)
        middles = ops.convert_to_tensor(self._centres, y_pred.dtype)
        points, label = y_true[..., :NUMBERS], y_true[..., -1]
        gap = ops.abs(points[:, None, :, :2] - middles[None, :, None])
        here = ops.all(gap <= detection.STRIDE / 2, axis=-1)
        here = ops.logical_and(here, (label >= 0)[:, None])
        here = ops.cast(here, y_pred.dtype)
        # A centre on a border belongs to the first of the cells.
        here = here * ops.cast(ops.cumsum(here, axis=1) <= 1, here.dtype)
        scores = y_pred[..., NUMBERS:]
        kinds = ops.one_hot(
            ops.cast(label, "int32"), scores.shape[-1], dtype=here.dtype
        )
        truth = ops.minimum(ops.einsum("bao,boc->bac", here, kinds), 1.0)
        rare = per_example(detection.focal(truth, scores), "sum")
        offsets = ops.reshape(points, (-1, 1, ops.shape(points)[1], POINTS, 2))
        offsets = (offsets - middles[None, :, None, None]) / REACH
        found = ops.reshape(y_pred[..., :NUMBERS], (-1, len(self._centres), 10))
        size = ops.abs(
            ops.reshape(found, (-1, len(self._centres), 1, POINTS, 2)) - offsets
        )
        near = ops.minimum(size, 1.0)
        huber = ops.sum(near * (size - 0.5 * near), axis=(-2, -1))
        places = per_example(here * huber, "sum")
        return (rare + places) / ops.maximum(per_example(here, "sum"), 1.0)

    def get_config(self):
        return {**super().get_config(), "image_size": self.image_size}


def data(count, *, split="train", seed=0):
    """Returns images of one turned digit each, and its points.

    Digits of scikit-learn, 8 to 12 pixels wide, turned by at most 60 degrees.
    Those of the split `"test"` occur in no image of `"train"`.

    Args:
        count: Number of images.
        split: `"train"` or `"test"`.
        seed: The same seed makes the same images.

    Raises:
        InputError: If the split is unknown.
    """
    if split not in _SPLITS:
        raise unknown("split of the digits", split, _SPLITS)
    from scipy import ndimage
    from sklearn import datasets

    digits = datasets.load_digits()
    tested = np.arange(len(digits.target)) % 4 == 0
    rows = np.flatnonzero(tested if split == "test" else ~tested)
    random = np.random.default_rng([seed, split == "test"])
    images = np.zeros((count, *IMAGE_SIZE, 1), "float32")
    labels = np.zeros((count, 1, NUMBERS + 1), "float32")
    square = np.array([[0, 0], [-4, -4], [-4, 4], [4, 4], [4, -4]])
    for number, row in enumerate(random.choice(rows, count)):
        angle = random.uniform(-_LARGEST_TURN, _LARGEST_TURN)
        size = random.uniform(1.0, 1.5)
        middle = random.uniform(9, 15, 2)
        turn = np.array(
            [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        )
        # From a pixel of the image to one of the digit: centres at halves.
        back = turn.T / size
        images[number, ..., 0] = ndimage.affine_transform(
            digits.images[row],
            back,
            3.5 - back @ (middle - 0.5),
            output_shape=IMAGE_SIZE,
            order=1,
        )
        points = middle + size * square @ turn.T
        labels[number, 0] = (*points.reshape(-1), digits.target[row])
    return images, labels


def success(labels, outputs, *, distance=2.0, image_size=IMAGE_SIZE):
    """Share of images whose class and points are found.

    Args:
        labels: `(images, 1, 11)`, an array.
        outputs: What `model` returns for them; the most certain cell counts.
        distance: Largest mean distance of the points, in pixels.
        image_size: `(height, width)` in pixels.
    """
    outputs = np.asarray(outputs)
    scores = outputs[..., NUMBERS:]
    cell = scores.max(axis=-1).argmax(axis=1)
    rows = np.arange(len(outputs))
    offsets = outputs[rows, cell, :NUMBERS].reshape(-1, POINTS, 2)
    points = REACH * offsets + centres(image_size)[cell][:, None]
    truth = labels[:, 0, :NUMBERS].reshape(-1, POINTS, 2)
    gap = np.linalg.norm(points - truth, axis=-1).mean(axis=1)
    right = scores[rows, cell].argmax(axis=-1) == labels[:, 0, -1]
    return float(np.mean(right & (gap <= distance)))
