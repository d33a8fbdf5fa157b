"""Features near objects: where a detector's anchors overlap with boxes."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import box_labels
from tfkd.models import anchors as anchors_lib
from tfkd.transforms.pooling import average_to


@keras.saving.register_keras_serializable("tfkd")
class FeatureImitation(KDLoss):
    """Squared distance of features, at positions near labelled objects.

    Equation:  L = 1 / (2 N) sum_ij I_ij sum_c (r(F_s)_ijc - F_t_ijc)^2
               I_ij = 1 where some anchor at i, j and some box o have
               IoU > psi max_anchors IoU(anchor, o), else 0;  N = sum_ij I_ij
    Symbols:   F_t, F_s (batch, height, width, channels) taps; r a
               convolution, trained; psi = `threshold`. An image without
               objects has the value 0.
    Paper:     Wang et al., *Distilling Object Detectors with Fine-grained
               Feature Imitation*, CVPR 2019, arXiv:1906.03609.

    Labels are boxes `(batch, objects, 5)`: top, left, bottom, right in
    pixels, and the class; rows of a negative class are padding.

    Args:
        teacher_tap: Name of F_t.
        student_tap: Name of F_s.
        image_size: `(height, width)` of the images, in pixels.
        anchor_sizes: `((height, width), ...)` of the anchors at each
            position of F_t, in pixels.
        threshold: psi in (0, 1).
        kernel_size: Odd width of r's kernel.
        activation: Keras activation after r, which the tap F_t should have
            too; `None` for none.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a number is out of range or a tap is no map.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        image_size,
        anchor_sizes,
        threshold=0.5,
        kernel_size=3,
        activation="relu",
        name="imitation",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        sizes = tuple(tuple(float(v) for v in size) for size in anchor_sizes)
        if (
            not 0 < threshold < 1
            or not sizes
            or any(len(size) != 2 or min(size) <= 0 for size in sizes)
        ):
            raise InputError(
                "Imitation needs a threshold in (0, 1) and anchors "
                "((height, width), ...) of positive size, received "
                f"threshold={threshold!r}, anchor_sizes={anchor_sizes!r}."
            )
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.image_size = tuple(image_size)
        self.anchor_sizes = sizes
        self.threshold = threshold
        self.kernel_size = kernel_size
        self.activation = activation

    def setup(self, teacher, student):
        target = tuple(teacher[self.teacher_taps[0]].shape)
        source = tuple(student[self.student_taps[0]].shape)
        for shape in (target, source):
            if len(shape) != 4 or None in shape[1:]:
                raise InputError(
                    "Imitation needs maps (batch, height, width, channels) "
                    f"of known size, received taps of shapes {target} and "
                    f"{source}. Choose convolutional taps."
                )
        self.size = target[1:3]
        self.anchors = anchors_lib.grid(
            self.image_size, self.size, self.anchor_sizes
        ).reshape(-1, 4)
        self.adaptation = keras.layers.Conv2D(
            target[-1],
            self.kernel_size,
            padding="same",
            activation=self.activation,
            dtype=self.dtype_policy,
            name="adaptation",
        )
        self.adaptation.build((None, *self.size, source[-1]))
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        labels = box_labels(labels, self.name)
        target = teacher[self.teacher_taps[0]]
        adapted = self.adaptation(
            average_to(student[self.student_taps[0]], self.size)
        )
        error = ops.sum(ops.square(adapted - target), axis=-1)
        mask = ops.cast(self.mask(labels), error.dtype)
        count = ops.sum(mask, axis=(1, 2))
        total = ops.sum(mask * error, axis=(1, 2))
        return total / (2.0 * ops.maximum(count, 1.0))

    def mask(self, labels):
        """Returns I of labels `(batch, objects, 5)`, booleans."""
        labels = anchors_lib.padded(ops.cast(labels, self.compute_dtype))
        anchors = ops.convert_to_tensor(self.anchors, labels.dtype)
        overlap = anchors_lib.iou(anchors[None], labels[..., :4])
        largest = ops.max(overlap, axis=1, keepdims=True)
        near = ops.logical_and(
            overlap > self.threshold * largest, (labels[..., 4] >= 0)[:, None]
        )
        shape = (-1, *self.size, len(self.anchor_sizes))
        return ops.any(ops.reshape(ops.any(near, axis=-1), shape), axis=3)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "image_size": self.image_size,
            "anchor_sizes": self.anchor_sizes,
            "threshold": self.threshold,
            "kernel_size": self.kernel_size,
            "activation": self.activation,
        }
