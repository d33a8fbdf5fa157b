"""What every model does that trains a student on its task alone."""

from tfkd.distillers import batch as batch_lib
from tfkd.distillers.student_trainer import StudentTrainer


class TaskTrainer(StudentTrainer):
    """Trains `student` on labels, of which some may be missing.

    As in a `Distiller`, `x` may be a dict of views, and the label -1 of a
    sparse cross-entropy means unlabelled: the example counts nothing.
    """

    def call(self, x, training=False):
        return self.student(batch_lib.views(x).student, training=training)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Computes Keras' loss, without examples that have no label."""
        y, sample_weight = self._learned(y, sample_weight)
        return super().compute_loss(
            x, y, y_pred, sample_weight, training=training
        )

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        y, sample_weight = self._labelled(y, sample_weight)
        return super().compute_metrics(x, y, y_pred, sample_weight)
