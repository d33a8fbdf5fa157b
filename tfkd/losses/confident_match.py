"""Agreement on examples without label of which the teacher is sure."""

import keras
from keras import ops

from tfkd.distances.softmax_mse import SoftmaxMSE
from tfkd.errors import InputError
from tfkd.losses.feature_match import FeatureMatch
from tfkd.losses.labels import label_rows
from tfkd.transforms.confident_targets import ConfidentTargets


@keras.saving.register_keras_serializable("tfkd")
class ConfidentMatch(FeatureMatch):
    """A distance of logits, of unlabelled examples with a sure teacher.

    Equation:  L_i = B / B_u 1[y_i unknown] 1[max softmax(z_t) >= m]
                     D(z_t, z_s)
    Symbols:   z_t, z_s (batch, classes) logits; y labels, -1 for none; B
               examples of the batch, B_u those without label, so that the
               mean over the batch is the mean over these; m = `threshold`;
               D = `distance`. 0 where every example has a label.

    Args:
        threshold: m in [0, 1); 0 counts every example without label.
        teacher_tap: Name of z_t.
        student_tap: Name of z_s.
        distance: D; the mean squared difference of class probabilities if
            absent.
        **kwargs: See `FeatureMatch`.

    Raises:
        InputError: If `threshold` is out of range, the logits cannot be
            compared, or a batch has no labels.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        threshold=0.0,
        teacher_tap="logits",
        student_tap="logits",
        distance=None,
        name="confident_match",
        **kwargs,
    ):
        super().__init__(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            distance=distance or SoftmaxMSE(),
            name=name,
            **kwargs,
        )
        self.selection = ConfidentTargets(
            threshold, unlabelled_only=True, dtype=self.dtype_policy
        )

    def setup(self, teacher, student):
        shape = tuple(teacher[self.teacher_taps[0]].shape)
        if len(shape) != 2:
            raise InputError(
                "A teacher is sure of whole examples, by logits (batch, "
                f"classes), received shape {shape}. For segmenters use "
                "TargetConsistency."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        values = super().values(
            teacher, student, labels=labels, index=index, step=step
        )
        logits = teacher[self.teacher_taps[0]]
        rows = label_rows(labels, logits, self.name)
        unknown = ops.cast(ops.sum(rows, axis=-1) == 0, values.dtype)
        share = ops.maximum(ops.mean(unknown), 1e-6)
        kept = ops.cast(self.selection(logits, rows), values.dtype)
        return kept * values / share

    def get_config(self):
        return {**super().get_config(), "threshold": self.selection.threshold}
