"""Pose estimation: maps of where the keypoints of a figure are."""

import keras
import numpy as np
from keras import layers
from keras import ops

from tfkd.losses import location_match
from tfkd.models import blocks
from tfkd.tasks import digit_poses

LABELS = (
    "floats (batch, height, width, keypoints): 1 where a keypoint is, falling "
    "to 0 around it, 0 everywhere where it is not known; perhaps further maps "
    "behind, of parts or of locations"
)
TAPS = {"features": "stage2", "maps": "logits"}
KEYPOINTS = len(digit_poses.KEYPOINTS)


def loss():
    """Returns the mean squared difference of maps."""
    return keras.losses.MeanSquaredError()


def metrics(keypoints=KEYPOINTS):
    """Returns the metrics of pose estimation."""
    return [PCK(keypoints)]


@keras.saving.register_keras_serializable("tfkd")
class LocationLoss(keras.losses.Loss):
    """Difference of heat maps, and of locations near keypoints.

    Equation:  L = mean_m ||H_s,m - H_m||_2 + w mean_m ||H_j (L_s,m - L_m)||_2
    Symbols:   H (batch, height, width, J) heat maps; L (batch, height, width,
               3 J) maps of the rows, columns and depths of all keypoints, of
               which those of keypoint j count where H_j does; m one map, of
               whose positions the norm is taken; w = `location_weight`.
    Paper:     Mehta et al., *VNect: Real-time 3D Human Pose Estimation with a
               Single RGB Camera*, SIGGRAPH 2017, arXiv:1705.01583.

    Args:
        keypoints: J.
        location_weight: w >= 0.
        **kwargs: See `keras.losses.Loss`.

    Raises:
        InputError: If w is negative or not finite.
    """

    def __init__(
        self, keypoints=KEYPOINTS, location_weight=1.0, name="poses", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.keypoints = int(keypoints)
        self.location_weight = location_match.checked(location_weight)

    def call(self, y_true, y_pred):
        return location_match.location_distance(
            y_true, y_pred, y_true[..., : self.keypoints], self.location_weight
        )

    def get_config(self):
        return {
            **super().get_config(),
            "keypoints": self.keypoints,
            "location_weight": self.location_weight,
        }


@keras.saving.register_keras_serializable("tfkd")
class PCK(keras.metrics.Metric):
    """Share of keypoints that are found, the place being where a map peaks.

    Equation:  PCK = 1/N sum_n 1[ ||x_n - y_n||_2 <= r ]
    Symbols:   x, y row and column of the largest value of the found map and
               of the label's; n the keypoints whose label is above 0
               anywhere; r = `radius` in pixels.

    Args:
        keypoints: How many of the maps, from the first, are of keypoints.
        radius: r >= 0.
        name: Name of the metric.
        **kwargs: See `keras.metrics.Metric`.
    """

    def __init__(self, keypoints=KEYPOINTS, radius=1.5, name="pck", **kwargs):
        super().__init__(name=name, **kwargs)
        self.keypoints = int(keypoints)
        self.radius = float(radius)
        self.found = self.add_variable((), "zeros", name="found")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts keypoints.

        Args:
            y_true: Labels.
            y_pred: Maps of the same shape.
            sample_weight: Weights of examples.
        """
        true, found = (
            ops.cast(maps[..., : self.keypoints], self.dtype)
            for maps in (y_true, y_pred)
        )
        known = ops.cast(ops.max(true, axis=(1, 2)) > 0, self.dtype)
        if sample_weight is not None:
            weight = ops.cast(sample_weight, self.dtype)
            known = known * ops.reshape(weight, (-1, 1))
        gap = ops.cast(peaks(true) - peaks(found), self.dtype)
        near = ops.sum(ops.square(gap), axis=-1) <= self.radius**2
        self.found.assign_add(ops.sum(known * ops.cast(near, self.dtype)))
        self.count.assign_add(ops.sum(known))

    def result(self):
        return self.found / ops.maximum(self.count, 1e-7)

    def get_config(self):
        return {
            **super().get_config(),
            "keypoints": self.keypoints,
            "radius": self.radius,
        }


def peaks(maps):
    """Returns row and column of the largest value of each map.

    Args:
        maps: `(batch, height, width, keypoints)`.

    Returns:
        Whole numbers `(batch, keypoints, 2)`.
    """
    # Sizes may be known only when it runs.
    _, height, width, keypoints = ops.shape(maps)
    flat = ops.reshape(maps, (-1, height * width, keypoints))
    place = ops.cast(ops.argmax(flat, axis=1), "int32")
    return ops.stack([place // width, place % width], axis=-1)


def heat_maps(points, size, stddev=1.0):
    """Returns a bump of height 1 around each keypoint.

    Args:
        points: Row and column in pixels, `(..., keypoints, 2 or more)`.
        size: Height and width of the maps.
        stddev: Width of a bump in pixels.

    Returns:
        `(..., size, size, keypoints)` float32.
    """
    rows, columns = (points[..., None, None, :, axis] for axis in (0, 1))
    places = np.arange(size)
    square = (places[:, None, None] - rows) ** 2 + (
        places[None, :, None] - columns
    ) ** 2
    return np.exp(-square / (2 * stddev**2)).astype("float32")


def part_maps(points, size, limbs=digit_poses.LIMBS, width=1.0):
    """Returns part affinities: along each limb, where it points.

    Args:
        points: `(..., keypoints, 2 or more)`.
        size: Height and width of the maps.
        limbs: Pairs of keypoints, from one to the other.
        width: Pixels from a limb up to which a pixel is on it.

    Returns:
        `(..., size, size, 2 * limbs)` float32: row and column of the unit
        vector of each limb, 0 off it.
    """
    places = np.stack(np.mgrid[:size, :size], axis=-1)
    found = []
    for start, end in limbs:
        origin = points[..., None, None, start, :2]
        limb = points[..., None, None, end, :2] - origin
        length = np.linalg.norm(limb, axis=-1, keepdims=True)
        unit = limb / np.maximum(length, 1e-6)
        away = places - origin
        along = np.sum(away * unit, axis=-1, keepdims=True)
        off = np.linalg.norm(away - along * unit, axis=-1, keepdims=True)
        on = (along >= 0) & (along <= length) & (off <= width)
        found.append(np.where(on, unit, 0.0))
    return np.concatenate(found, axis=-1).astype("float32")


def location_maps(points, size):
    """Returns maps of every keypoint's row, column and depth.

    Args:
        points: Row, column and depth in pixels, `(..., keypoints, 3)`.
        size: Height and width of the maps.

    Returns:
        `(..., size, size, 3 * keypoints)` float32: rows of all keypoints,
        then columns, then depths, relative to the middle and over half the
        size; the same everywhere.
    """
    points = np.array(points, "float32")
    points[..., :2] -= (size - 1) / 2
    flat = np.swapaxes(points, -1, -2).reshape(*points.shape[:-2], -1)
    maps = flat[..., None, None, :] / (size / 2)
    shape = (*flat.shape[:-1], size, size, flat.shape[-1])
    return np.broadcast_to(maps, shape).astype("float32")


def model(
    *,
    input_shape=(16, 16, 1),
    maps=KEYPOINTS,
    stacks=2,
    filters=8,
    scale=1 / 16,
    offset=0.0,
):
    """Builds a tiny stacked hourglass.

    Args:
        input_shape: `(height, width, channels)`, sizes even.
        maps: Maps that each stack makes.
        stacks: Hourglasses, at least 1; each but the first also sees what the
            one before it found.
        filters: Channels.
        scale: Factor of raw pixels.
        offset: Added to the scaled pixels.

    Returns:
        A functional `keras.Model` to maps `(batch, height, width, maps)`,
        with taps `stage1`, ... for features and `maps1`, ..., `logits` for
        the maps of each stack.
    """
    inputs = keras.Input(input_shape, name="image")
    x = blocks.pixels(inputs, scale, offset)
    x = blocks.conv(x, filters, name="stem")
    for stack in range(1, stacks + 1):
        low = blocks.conv(x, 2 * filters, stride=2, name=f"down{stack}")
        low = blocks.conv(low, filters, name=f"low{stack}")
        up = layers.UpSampling2D(2, name=f"up{stack}")(low)
        joined = layers.Add(name=f"skip{stack}")([x, up])
        features = blocks.conv(joined, filters, name=f"stage{stack}")
        name = "logits" if stack == stacks else f"maps{stack}"
        found = layers.Conv2D(maps, 1, name=name, dtype="float32")(features)
        if stack < stacks:
            seen = layers.Conv2D(filters, 1, name=f"seen{stack}")(found)
            x = layers.Add(name=f"next{stack}")([x, features, seen])
    return keras.Model(inputs, found, name="pose")


def data(count, **arguments):
    """Returns images and heat maps, see `digit_poses.poses`."""
    found = digit_poses.poses(count, **arguments)
    return found.images, heat_maps(found.points, found.images.shape[-2])
