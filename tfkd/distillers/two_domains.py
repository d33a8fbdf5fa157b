"""Distillation in which two domains pass through the networks apart."""

import contextvars
import dataclasses

import keras
from keras import ops

from tfkd.distillers import batch as batch_lib
from tfkd.distillers.distiller import Distiller
from tfkd.errors import require_tensorflow

# Which examples of the batch at hand are of the target domain. Replicas
# trace in threads, and each has its own.
_TARGET = contextvars.ContextVar("target", default=None)


@keras.saving.register_keras_serializable("tfkd")
class TwoDomainDistiller(Distiller):
    """A `Distiller` in which each domain has batch statistics of its own.

    Examples with a label are of the source domain, those without (-1, or a
    row of zeros) of the target. In a training step the student sees those of
    the source first, then those of the target; so does the teacher. Moving
    averages of the student's batch normalization follow both. A batch of one
    domain alone passes twice, and counts once.

    TensorFlow only.

    Args:
        name: Name of the model.
        **kwargs: See `Distiller`.

    Raises:
        InputError: If Keras runs on another backend.
    """

    def __init__(self, *, name="two_domain_distiller", **kwargs):
        require_tensorflow(type(self).__name__)
        super().__init__(name=name, **kwargs)
        # How many examples a pass has is known when it runs.
        self.supports_jit = False

    def train_step(self, data):
        _, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        target = None if labels is None else unlabelled(labels)
        token = _TARGET.set(target)
        try:
            return super().train_step(data)
        finally:
            _TARGET.reset(token)

    def call(self, x, training=False):
        target = _TARGET.get()
        if not training or target is None:
            return super().call(x, training=training)
        inputs = batch_lib.views(x).student
        plain = super().call
        return apart(lambda part: plain(part, training=True), inputs, target)

    def _teacher_taps(self, views, student, step):
        target = _TARGET.get()
        plain = super()._teacher_taps
        if target is None:
            return plain(views, student, step)

        def taps(parts):
            inputs, own, cached = parts
            part = dataclasses.replace(views, teacher=inputs, cached=cached)
            return plain(part, own, step)

        return apart(taps, (views.teacher, student, views.cached), target)


def unlabelled(labels):
    """Returns whether each example has no label, `(batch,)`.

    Args:
        labels: Class indices, -1 for none, or one-hot rows, zeros for none.
    """
    if len(labels.shape) > 1 and labels.shape[-1] != 1:
        return ops.all(ops.equal(labels, 0), axis=-1)
    return ops.reshape(labels, (-1,)) < 0


def apart(function, inputs, chosen):
    """Calls a function on two groups of a batch, and merges the results.

    Args:
        function: From a structure of tensors like `inputs` to another; both
            have the examples in their first axis.
        inputs: A tensor or structure of them, `(batch, ...)`.
        chosen: Whether an example is of the second group, `(batch,)`. A group
            without an example runs on the whole batch, and what comes of it
            is left out.

    Returns:
        What `function` returns, in the order of the batch.
    """
    results, order = [], ops.zeros(ops.shape(chosen), "int32")
    start = 0
    for mask in (ops.logical_not(chosen), chosen):
        rows = ops.nonzero(mask | ops.logical_not(ops.any(mask)))[0]
        results.append(function(_rows(inputs, rows)))
        place = start + ops.cumsum(ops.cast(mask, "int32")) - 1
        order = ops.where(mask, place, order)
        start = ops.shape(rows)[0]
    return keras.tree.map_structure(
        lambda *parts: ops.take(ops.concatenate(parts), order, axis=0),
        *results,
    )


def _rows(inputs, rows):
    return keras.tree.map_structure(
        lambda tensor: ops.take(tensor, rows, axis=0), inputs
    )
