"""A teacher's answer at every pixel, which counts more around objects."""

import keras
from keras import ops

from tfkd.distances.base import compatible
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import per_example
from tfkd.transforms import HardTargets


@keras.saving.register_keras_serializable("tfkd")
class RegionTargets(KDLoss):
    """Cross-entropy of pseudo labels, weighted where the teacher sees some.

    Equation:  L = 1/P sum_p w_p H(argmax z_t,p, softmax(z_s,p)) ,
               w_p = w where a pixel q with |p - q| <= d has an answer other
               than the background, else 1
    Symbols:   z_t, z_s (batch, height, width, classes) logits of P pixels;
               |p - q| the larger of the distances in rows and in columns;
               w = `region_weight`; d = `dilation`. In nats.
    Paper:     Mullapudi et al., *Online Model Distillation for Efficient
               Video Inference*, ICCV 2019, arXiv:1812.02699.

    Args:
        background: Number of the class that is no object.
        region_weight: w > 0.
        dilation: d >= 0, in pixels.
        teacher_tap: Name of z_t.
        student_tap: Name of z_s.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the taps are no such logits, there is no such class, or
            a number is out of range.
    """

    def __init__(
        self,
        *,
        background=0,
        region_weight=5.0,
        dilation=1,
        teacher_tap="logits",
        student_tap="logits",
        name="region_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not 0 < region_weight < float("inf") or not (
            dilation >= 0 and int(dilation) == dilation
        ):
            raise InputError(
                "Regions need a finite region_weight > 0 and a whole dilation "
                f">= 0, received region_weight={region_weight!r}, dilation="
                f"{dilation!r}."
            )
        self.background = int(background)
        self.region_weight = float(region_weight)
        self.dilation = int(dilation)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.answer = HardTargets(dtype=self.dtype_policy)

    def setup(self, teacher, student):
        theirs = tuple(teacher[self.teacher_taps[0]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        if len(own) != 4 or not compatible(theirs, own):
            raise InputError(
                f"The loss {self.name!r} needs dense logits (batch, height, "
                f"width, classes) of one shape, received teacher {theirs} and "
                f"student {own}. Use segmenters of the same classes."
            )
        if not 0 <= self.background < own[-1]:
            raise InputError(
                f"background must be one of the {own[-1]} classes, received "
                f"{self.background!r}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        target = teacher[self.teacher_taps[0]]
        logits = student[self.student_taps[0]]
        cross = softmax_kl(self.answer(target), logits)
        return per_example(self.weights_of(target) * cross)

    def weights_of(self, logits):
        """Returns w, `(batch, height, width)`, of z_t."""
        answer = ops.argmax(logits, axis=-1)
        mask = ops.cast(answer != self.background, self.compute_dtype)
        size = 2 * self.dilation + 1
        region = ops.max_pool(mask[..., None], size, strides=1, padding="same")[
            ..., 0
        ]
        return 1.0 + (self.region_weight - 1.0) * region

    def get_config(self):
        return {
            **super().get_config(),
            "background": self.background,
            "region_weight": self.region_weight,
            "dilation": self.dilation,
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }
