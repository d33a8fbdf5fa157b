"""Features of objects, sampled from maps of two networks."""

import keras
import numpy as np
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import box_labels
from tfkd.transforms.regressor import Regressor


def samples(features, boxes, image_size, bins):
    """Reads maps at the centres of a grid of bins in every box.

    Equation:  f_kl = sum_ij max(0, 1 - |y_k - i|) max(0, 1 - |x_l - j|) F_ij
    Symbols:   y_k, x_l place of a bin's centre in units of the map's cells,
               whose own centres are at whole numbers i, j; places beyond the
               map's border count as its border.
    Paper:     He, Gkioxari, Dollar & Girshick, *Mask R-CNN*, ICCV 2017,
               arXiv:1703.06870: RoIAlign with one sample a bin.

    Args:
        features: `(batch, height, width, channels)`.
        boxes: `(batch, boxes, 4)`: top, left, bottom, right in pixels.
        image_size: `(height, width)` of the images, in pixels.
        bins: Rows and columns of the grid.

    Returns:
        `(batch, boxes, bins, bins, channels)`.
    """
    shares = ops.convert_to_tensor(
        (np.arange(bins) + 0.5) / bins, features.dtype
    )
    weights = []
    for axis in (0, 1):
        cells = features.shape[1 + axis]
        start, end = boxes[..., axis, None], boxes[..., axis + 2, None]
        place = (start + (end - start) * shares) * cells / image_size[axis]
        place = ops.clip(place - 0.5, 0.0, cells - 1.0)
        cell = ops.arange(cells, dtype=features.dtype)
        gap = ops.abs(place[..., None] - cell)
        weights.append(ops.maximum(1.0 - gap, 0.0))
    rows = ops.einsum("boki,bijc->bokjc", weights[0], features)
    return ops.einsum("bokjc,bolj->boklc", rows, weights[1])


@keras.saving.register_keras_serializable("tfkd")
class RegionFeatures(KDLoss):
    """Squared distance of the features of labelled objects.

    Equation:  L = 1/max(1, O) sum_o mean_klc (R(F_t, o) - R(r(F_s), o))^2
    Symbols:   F_t, F_s (batch, height, width, channels) taps, which may
               differ in size; R(F, o) `samples` of object o's box, of O; r a
               1x1 convolution, trained.

    Labels are boxes `(batch, objects, 5)`, see `tfkd.tasks.detection`.

    Args:
        teacher_tap: Name of F_t.
        student_tap: Name of F_s.
        image_size: `(height, width)` of the images, in pixels.
        bins: Rows and columns that are sampled, at least 1.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a tap is no map of known size, or there are no bins.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        image_size,
        bins=3,
        name="region_features",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        checks.whole(1, bins=bins)
        self.image_size = tuple(image_size)
        self.bins = int(bins)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        theirs = tuple(teacher[self.teacher_taps[0]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        if any(len(s) != 4 or None in s[1:] for s in (theirs, own)):
            raise InputError(
                f"The loss {self.name!r} needs maps (batch, height, width, "
                f"channels) of known size, received taps of shapes {theirs} "
                f"and {own}. Choose convolutional taps."
            )
        self.regressor = Regressor(theirs[-1], dtype=self.dtype_policy)
        self.regressor.build(own)
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        labels = box_labels(labels, self.name)
        target = teacher[self.teacher_taps[0]]
        adapted = self.regressor(student[self.student_taps[0]])
        labels = ops.cast(labels, adapted.dtype)
        first, second = (
            samples(x, labels[..., :4], self.image_size, self.bins)
            for x in (target, adapted)
        )
        each = ops.mean(ops.square(first - second), axis=(2, 3, 4))
        known = ops.cast(labels[..., 4] >= 0, each.dtype)
        total = ops.sum(known * each, axis=1)
        return total / ops.maximum(ops.sum(known, axis=1), 1.0)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "image_size": self.image_size,
            "bins": self.bins,
        }
