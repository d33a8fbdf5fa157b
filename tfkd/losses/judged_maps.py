"""Pseudo labels of several detectors, as far as a judge finds them good."""

import keras
from keras import layers
from keras import ops

from tfkd import schedules
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.label_match import labels_like
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class JudgedMaps(KDLoss):
    """Detectors follow earlier answers that a judge of quality lets pass.

    Equation:  L = sum_i l (q(x, M_i) - u_i)^2
                   + c (1 - l) 1[q(x, M_i) > h] mean (S_i - M_i)^2 ,
               u_i = max(0, 1 - mean (M_i - H)^2 / mean H^2)
    Symbols:   x (batch, height, width, channels) images; S_i (batch, rows,
               columns, keypoints) maps of detector i, M_i its earlier ones,
               the teacher's tap of the same name; H true maps, l = 1 where
               an image has any, which is above 0 somewhere, else 0; q in
               (0, 1) the judge, trained, u_i the quality that it should
               find: 1 of right maps, 0 of maps no better than empty ones; h =
               `threshold`; c = `pseudo_weight`, a number or schedule.
    Paper:     Dong & Yang, *Teacher Supervises Students How to Learn from
               Partially Labeled Images for Facial Landmark Detection*, ICCV
               2019, arXiv:1908.02116.

    The judge has 4x4 convolutions of stride 2 over image and maps, each with
    a leaky ReLU, and all but the first normalized over positions where there
    are several; the mean of a last one's map is its score. It starts at a
    low quality, sigmoid(-2).

    Args:
        image_tap: Name of x, of the student.
        taps: Names of the S_i.
        threshold: h in [0, 1).
        pseudo_weight: c >= 0.
        filters: Channels of the judge's convolutions.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a number is out of range, or taps are no maps of the
            same keypoints.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        image_tap,
        taps,
        threshold=0.5,
        pseudo_weight=1.0,
        filters=(64, 128, 256),
        name="judged_maps",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not 0 <= threshold < 1:
            raise InputError(
                f"threshold of {name} must be in [0, 1), received "
                f"{threshold!r}: the quality above which a pseudo label "
                "counts."
            )
        self.image_tap = image_tap
        self.teacher_taps = tuple(taps)
        self.student_taps = tuple(dict.fromkeys((image_tap, *taps)))
        self.threshold = float(threshold)
        self.pseudo_weight = schedules.get(
            pseudo_weight, "pseudo_weight", minimum=0.0
        )
        self.filters = tuple(filters)

    def setup(self, teacher, student):
        image = tuple(student[self.image_tap].shape)
        shapes = {tuple(student[name].shape) for name in self.teacher_taps}
        maps = next(iter(shapes))
        if len(shapes) > 1 or any(
            len(s) != 4 or None in s[1:] for s in (image, maps)
        ):
            raise InputError(
                "Pseudo labels are judged on images and maps (batch, height, "
                "width, keypoints) of known sizes, the same of all detectors; "
                f"received the image {image} and maps {sorted(shapes)}."
            )
        arguments = {"padding": "same", "dtype": self.dtype_policy}
        self.convolutions = [
            layers.Conv2D(width, 4, 2, **arguments) for width in self.filters
        ]
        self.score = layers.Conv2D(
            1,
            4,
            bias_initializer=keras.initializers.Constant(-2.0),
            **arguments,
        )
        self.to_maps = layers.Resizing(
            *maps[1:3], dtype=self.dtype_policy, name="to_maps"
        )
        shape = (None, *maps[1:3], image[-1] + maps[-1])
        for layer in (*self.convolutions, self.score):
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        super().setup(teacher, student)

    def quality(self, image, maps):
        """Returns q of each example, `(batch,)`."""
        x = ops.concatenate([self.to_maps(image), maps], axis=-1)
        for number, layer in enumerate(self.convolutions):
            x = layer(x)
            # Of a single position, normalization would leave nothing.
            if number and x.shape[1] * x.shape[2] > 1:
                x = _normalized(x)
            x = ops.leaky_relu(x, 0.2)
        return ops.sigmoid(per_example(self.score(x)))

    def values(self, teacher, student, *, labels, index, step):
        truth = labels_like(labels, student[self.teacher_taps[0]], self.name)
        truth = ops.maximum(truth, 0.0)
        known = ops.any(truth > 0, axis=(1, 2, 3))
        known = ops.cast(known, self.compute_dtype)
        image = ops.stop_gradient(student[self.image_tap])
        total = 0.0
        for name in self.teacher_taps:
            maps, own = teacher[name], student[name]
            quality = self.quality(image, maps)
            judged = ops.square(quality - _true_quality(maps, truth))
            good = ops.cast(quality > self.threshold, quality.dtype)
            pseudo = good * per_example(ops.square(own - maps))
            weight = ops.cast(self.pseudo_weight(step), pseudo.dtype)
            total = total + known * judged + weight * (1.0 - known) * pseudo
        return total

    def get_config(self):
        return {
            **super().get_config(),
            "image_tap": self.image_tap,
            "taps": list(self.teacher_taps),
            "threshold": self.threshold,
            "pseudo_weight": keras.saving.serialize_keras_object(
                self.pseudo_weight
            ),
            "filters": self.filters,
        }


def _true_quality(maps, truth):
    """How much better maps are than empty ones, at most 1 and at least 0."""
    error = per_example(ops.square(maps - truth))
    empty = per_example(ops.square(truth))
    return ops.relu(1.0 - error / ops.maximum(empty, 1e-6))


def _normalized(x, epsilon=1e-5):
    """Zero mean and unit variance of each channel of each example."""
    centred = x - ops.mean(x, axis=(1, 2), keepdims=True)
    variance = ops.mean(ops.square(centred), axis=(1, 2), keepdims=True)
    return centred / ops.sqrt(variance + epsilon)
