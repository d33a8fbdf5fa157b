"""Distillation from experts that the student overtakes on held-out data."""

import keras

from tfkd.distillers import batch as batch_lib
from tfkd.distillers.adapting import batches
from tfkd.distillers.distiller import Distiller
from tfkd.distillers.student_trainer import as_list
from tfkd.errors import InputError
from tfkd.losses import SelfPacedTargets


@keras.saving.register_keras_serializable("tfkd")
class PacedDistiller(Distiller):
    """A `Distiller` that paces `SelfPacedTargets` by a validation set.

    With `fit(..., validation_data=(x, y))` an expert's accuracy is that on
    the validation examples of its classes, measured before training, and the
    student's is 0 until it is measured on them after each epoch. Without
    validation data, both are moving averages over training batches.

    Args:
        name: Name of the model.
        **kwargs: See `Distiller`.
    """

    def __init__(self, *, name="paced_distiller", **kwargs):
        super().__init__(name=name, **kwargs)

    @property
    def experts(self):
        """The losses that are paced."""
        losses = self.distillation_losses
        return [part for part in losses if isinstance(part, SelfPacedTargets)]

    def fit(
        self, x=None, y=None, *, validation_data=None, callbacks=None, **kwargs
    ):
        """Trains as `Distiller.fit`.

        Raises:
            InputError: If validation data has no labels.
        """
        by_batches = validation_data is None
        if any(part.by_batches != by_batches for part in self.experts):
            # A traced step holds the other pace.
            self.train_function = None
        for part in self.experts:
            part.by_batches = by_batches
        if not by_batches:
            # Keras' own list of callbacks, too.
            own = as_list(getattr(callbacks, "callbacks", callbacks))
            callbacks = [_Pace(validation_data), *own]
        return super().fit(
            x,
            y,
            validation_data=validation_data,
            callbacks=callbacks,
            **kwargs,
        )

    def measure(self, data):
        """Counts right answers on data.

        Args:
            data: `(x, y)` or a source of batches that can be run over again.

        Returns:
            For each of `experts`, its `sums`.

        Raises:
            InputError: If there are no labels.
        """
        arrays = isinstance(data, (list, tuple))
        x, y = (data[0], data[1]) if arrays else (data, None)
        counts = [0.0] * len(self.experts)
        strategy = getattr(self, "distribute_strategy", None)
        for part in batches(x, y, 256, None, strategy):
            inputs, labels, _ = keras.utils.unpack_x_y_sample_weight(part)
            if labels is None:
                raise InputError(
                    "Experts are paced by accuracies on validation_data, "
                    "which has no labels. Pass (x, y)."
                )
            views = batch_lib.views(
                keras.tree.map_structure(keras.ops.convert_to_tensor, inputs)
            )
            student = self._untracked.extractor(views.student, training=False)
            teacher = self._teacher_taps(views, student, 0)
            labels = keras.ops.convert_to_tensor(labels)
            counts = [
                count + expert.count(teacher, student, labels)
                for count, expert in zip(counts, self.experts)
            ]
        return counts


class _Pace(keras.callbacks.Callback):
    """Gives the experts their sums before training and after each epoch."""

    def __init__(self, data):
        super().__init__()
        self.data = data

    def on_train_begin(self, logs=None):
        for expert, sums in zip(*self._measured()):
            # The student is at its start.
            expert.sums.assign(sums * [0.0, 1.0, 1.0])

    def on_epoch_end(self, epoch, logs=None):
        for expert, sums in zip(*self._measured()):
            expert.sums.assign(sums)

    def _measured(self):
        return self.model.experts, self.model.measure(self.data)
