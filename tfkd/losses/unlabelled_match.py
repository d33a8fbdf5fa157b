"""Eqn 10 on what a batch has no labels for."""

import keras
from keras import ops

from tfkd.losses.feature_match import FeatureMatch
from tfkd.losses.labels import labelled_examples


@keras.saving.register_keras_serializable("tfkd")
class UnlabelledMatch(FeatureMatch):
    """A distance of transformed taps, of examples without label alone.

    Equation:  L = mean_U D(TF_t(F_t), TF_s(F_s))
    Symbols:   U the batch's examples of which nothing is known: the mean over
               the batch is the mean over U, and 0 where U is empty; the rest
               as in `FeatureMatch`.

    Args:
        **kwargs: See `FeatureMatch`.

    Raises:
        InputError: If the taps cannot be compared, or a batch has no labels.
    """

    needs_labels = True

    def __init__(self, *, name="unlabelled_match", **kwargs):
        super().__init__(name=name, **kwargs)

    def values(self, teacher, student, *, labels, index, step):
        values = super().values(
            teacher, student, labels=labels, index=index, step=step
        )
        unknown = 1.0 - labelled_examples(labels, self.name)
        unknown = ops.cast(unknown, values.dtype)
        return unknown * values / ops.maximum(ops.mean(unknown), 1e-6)
