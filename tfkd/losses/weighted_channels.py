"""A feature loss whose weights are learned for what it does to the task."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.transforms import Regressor


@keras.saving.register_keras_serializable("tfkd")
class WeightedChannels(KDLoss):
    """Squared errors of one pair of maps, by channel and as a whole weighted.

    Equation:  L = lambda sum_c w_c mean_p (r(F_s)_c(p) - F_t,c(p))^2
               w = softmax(A u + a),  lambda = min(max(v . u + b, 0), 6)
    Symbols:   F_t, F_s (batch, height, width, channels) maps; F_t is resized
               to the height and width of F_s, bilinearly; r a 1x1
               convolution, trained with the student; u = mean_p F_t(p);
               A = a = 0 and b = 1 at the start.
    Paper:     Jang, Lee, Hwang & Shin, *Learning What and Where to
               Transfer*, ICML 2019, arXiv:1905.05901, Sec 2.1.

    Trained on L itself, lambda would become 0: `MetaDistiller` trains A, a, v
    and b, which are `meta_variables`.

    Args:
        teacher_tap: Name of F_t.
        student_tap: Name of F_s.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a tap is no map of known size.
    """

    def __init__(
        self, *, teacher_tap, student_tap, name="weighted_channels", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        theirs = tuple(teacher[self.teacher_taps[0]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        if len(theirs) != 4 or len(own) != 4 or None in theirs[1:] + own[1:]:
            raise InputError(
                "Channels are weighted in maps (batch, height, width, "
                f"channels) of known size, received {theirs} of the teacher "
                f"and {own} of the student. Choose convolutional taps: see "
                "tfkd.taps.summary(model)."
            )
        self.size = own[1:3]
        policy = self.dtype_policy
        self.regressor = Regressor(theirs[-1], name="regressor", dtype=policy)
        self.regressor.build(own)
        self.what = keras.layers.Dense(
            theirs[-1],
            activation="softmax",
            kernel_initializer="zeros",
            name="what",
            dtype=policy,
        )
        self.where = keras.layers.Dense(
            1,
            activation="relu6",
            bias_initializer="ones",
            name="where",
            dtype=policy,
        )
        for layer in (self.what, self.where):
            layer.build((None, theirs[-1]))
        super().setup(teacher, student)

    @property
    def meta_variables(self):
        """Weights of what weights the loss."""
        return [
            *self.what.trainable_variables,
            *self.where.trainable_variables,
        ]

    def values(self, teacher, student, *, labels, index, step):
        target = teacher[self.teacher_taps[0]]
        pooled = ops.mean(target, axis=(1, 2))
        if tuple(target.shape[1:3]) != self.size:
            target = ops.image.resize(
                target,
                self.size,
                interpolation="bilinear",
                data_format="channels_last",
            )
        follower = self.regressor(student[self.student_taps[0]])
        errors = ops.mean(ops.square(follower - target), axis=(1, 2))
        by_channel = ops.sum(self.what(pooled) * errors, axis=-1)
        return self.where(pooled)[:, 0] * by_channel

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }
