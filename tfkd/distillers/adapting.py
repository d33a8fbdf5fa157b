"""Distillation that first looks at the teacher on all data."""

import keras
import numpy as np
from keras import ops

from tfkd.distillers import batch as batch_lib
from tfkd.distillers import replicas
from tfkd.distillers.distiller import Distiller
from tfkd.errors import InputError


@keras.saving.register_keras_serializable("tfkd")
class AdaptingDistiller(Distiller):
    """A `Distiller` whose losses adapt to the teacher before they are used.

    The first `fit` runs the teacher over its data once and gives every loss
    that has an `adapt(taps, labels)` what it read there: arrays by name of
    the loss's teacher taps, one row an example, and the labels or `None`. A
    loss that has an `adapt_to_both(teacher, student, labels)` is given the
    untrained student's taps, too.
    What a loss keeps of it, such as centres of clusters, is saved; a further
    `fit`, of a loaded model too, uses it as it is. Call `adapt` to look at
    other data, or to look again.

    Args:
        name: Name of the model.
        **kwargs: See `Distiller`.
    """

    def __init__(self, *, name="adapting_distiller", **kwargs):
        super().__init__(name=name, **kwargs)
        self._adapted = self.add_weight(
            (), "zeros", trainable=False, name="adapted"
        )

    @property
    def adapted(self):
        """Whether the losses have seen the teacher on data."""
        return bool(ops.convert_to_numpy(self._adapted) > 0)

    def adapt(self, x, y=None, *, batch_size=None, steps=None):
        """Shows the losses the teacher's taps on data.

        Args:
            x: As for `fit`: arrays, a `tf.data.Dataset` of batches or a
                `keras.utils.PyDataset`; each is run over once.
            y: Labels, where x is arrays.
            batch_size: Of arrays; 32 if absent.
            steps: Batches to look at; all if absent.

        Raises:
            InputError: If x can be run over only once, or never ends, or a
                loss cannot use the data.
        """
        losses = self.distillation_losses
        both = [d for d in losses if hasattr(d, "adapt_to_both")]
        theirs, own, labels = [], [], []
        strategy = getattr(self, "distribute_strategy", None)
        for data in batches(x, y, batch_size or 32, steps, strategy):
            inputs, target, _ = keras.utils.unpack_x_y_sample_weight(data)
            inputs = keras.tree.map_structure(ops.convert_to_tensor, inputs)
            views = batch_lib.views(inputs)
            theirs.append(_arrays(self._teacher_taps(views, None, 0)))
            if both:
                taps = self._untracked.extractor(views.student, training=False)
                own.append(_arrays(taps))
            labels.append(target)
        if any(target is None for target in labels):
            joined = None
        else:
            joined = np.concatenate([np.asarray(part) for part in labels])
        for loss in losses:
            if hasattr(loss, "adapt"):
                loss.adapt(_joined(theirs, loss.teacher_taps), joined)
        for loss in both:
            loss.adapt_to_both(
                _joined(theirs, loss.teacher_taps),
                _joined(own, loss.student_taps),
                joined,
            )
        self._adapted.assign(1.0)

    def fit(self, x=None, y=None, batch_size=None, **kwargs):
        """Trains as `Distiller.fit`; adapts before, the first time."""
        if not self.adapted:
            steps = kwargs.get("steps_per_epoch")
            self.adapt(x, y, batch_size=batch_size, steps=steps)
        return super().fit(x, y, batch_size=batch_size, **kwargs)

    def make_train_function(self, force=False):
        if not self.adapted:
            raise InputError(
                f"{type(self).__name__} must see the teacher on data before "
                "its first step. Train with fit(x, y), or call adapt(x, y) "
                "first."
            )
        return super().make_train_function(force)


def _arrays(taps):
    return keras.tree.map_structure(ops.convert_to_numpy, taps)


def _joined(parts, names):
    """Rows of all batches, by name of the tap."""
    return {
        name: np.concatenate([part[name] for part in parts]) for name in names
    }


def batches(x, y, batch_size, steps, strategy=None):
    """Yields what `fit` would train on in one epoch, in any order.

    What a strategy has distributed is put together again.
    """
    if all(hasattr(part, "shape") for part in keras.tree.flatten(x)):
        source = _slices((x,) if y is None else (x, y), batch_size)
    elif isinstance(x, keras.utils.PyDataset):
        source = (x[number] for number in range(len(x)))
    else:
        _check_repeatable(x, steps)
        source = iter(x)
    for number, data in enumerate(source):
        if number == steps:
            return
        yield replicas.whole(strategy, data)


def _slices(arrays, size):
    """Yields rows of arrays, `size` at a time."""

    def rows(start):
        return keras.tree.map_structure(
            lambda array: array[start : start + size], arrays
        )

    for start in range(0, len(keras.tree.flatten(arrays)[0]), size):
        yield rows(start)


def _check_repeatable(x, steps):
    count = getattr(x, "cardinality", None)
    # Of a dataset that a strategy has distributed it is no method.
    count = count() if callable(count) else count
    endless = count is not None and int(count) == -1
    if hasattr(x, "__next__") or (endless and steps is None):
        raise InputError(
            "The data is run over once before training, so it must end and "
            f"be repeatable, received {type(x).__name__}. Pass arrays, a "
            "tf.data.Dataset with an end (or steps_per_epoch), or a "
            "keras.utils.PyDataset."
        )
