"""What a batch is made of: one tensor, or several views of one example."""

import dataclasses

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import per_example

VIEWS = ("student", "teacher", "cached", "index")


@dataclasses.dataclass
class Views:
    """The parts of a batch's `x`.

    Attributes:
        student: What the student sees.
        teacher: What the teacher sees: the same, unless given.
        cached: Stored answers of the teacher, tap name to tensor.
        index: Stable number of each example, `(batch,)`, or `None`.
    """

    student: object
    teacher: object
    cached: dict
    index: object


def views(x):
    """Splits a batch's `x`.

    Args:
        x: Inputs of both models, or a dict with the key `"student"` and no
            other keys than `VIEWS`.
    """
    if isinstance(x, dict) and "student" in x and set(x) <= set(VIEWS):
        student = x["student"]
        return Views(
            student,
            x.get("teacher", student),
            x.get("cached") or {},
            x.get("index"),
        )
    return Views(x, x, {}, None)


def hide_unlabelled(y, sample_weight):
    """Gives labels of -1 the weight 0, and a valid class.

    Args:
        y: Integer class labels `(batch, ...)`, one an example or one a
            position of a map, perhaps with a last axis of size 1.
        sample_weight: `None`, `(batch,)`, or one number a position.

    Returns:
        Labels, and sample weights of their shape, for the task loss.

    Raises:
        InputError: If weights and labels do not fit.
    """
    labelled = y >= 0
    weight = ops.cast(labelled, "float32")
    if sample_weight is not None:
        weight = weight * _like(weight, sample_weight)
    return ops.where(labelled, y, ops.zeros_like(y)), weight


def weight_per_example(sample_weight):
    """Returns weights `(batch,)`: the means of those of all positions.

    So the distillation of an example counts as its positions do on average.
    `None` stays `None`; weights in a structure, of several outputs, have no
    common meaning and become `None`.
    """
    if sample_weight is None or keras.tree.is_nested(sample_weight):
        return None
    return per_example(ops.cast(sample_weight, "float32"))


def _like(labels, sample_weight):
    """Gives weights the rank of the labels, which they scale."""
    weight = ops.cast(sample_weight, "float32")
    rank = len(labels.shape)
    shape = tuple(weight.shape)
    while len(weight.shape) > rank and weight.shape[-1] == 1:
        weight = ops.squeeze(weight, axis=-1)
    while len(weight.shape) < rank:
        weight = ops.expand_dims(weight, axis=-1)
    if len(weight.shape) > rank or not all(
        mine in (1, None, theirs) or theirs is None
        for mine, theirs in zip(weight.shape[1:], labels.shape[1:])
    ):
        raise InputError(
            "sample_weight must be one number an example, (batch,), or one a "
            f"label, received shape {shape} for labels of shape "
            f"{tuple(labels.shape)}. Average the weights, or reshape them."
        )
    return weight


def is_sparse(loss):
    """Whether a compiled loss takes integer class labels."""
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    sparse = keras.losses.sparse_categorical_crossentropy
    return loss is sparse or isinstance(
        loss, keras.losses.SparseCategoricalCrossentropy
    )


def ignores_unlabelled(loss):
    """Whether a compiled loss leaves labels of -1 out by itself.

    Keras then takes the mean over the others.
    """
    return getattr(loss, "ignore_class", None) == -1


def size(x, batch_size):
    """Returns how many examples a batch has, or `None` if it is not known.

    Args:
        x: What `fit` is given: arrays, a `tf.data.Dataset` or another
            source of batches.
        batch_size: What `fit` is given.
    """
    if batch_size is not None:
        return batch_size
    leaves = keras.tree.flatten(getattr(x, "element_spec", None))
    shape = getattr(leaves[0], "shape", None) if leaves else None
    return shape[0] if shape else None


def check_labels(x, y):
    """Checks that `fit` is not given labels alone, where it makes images.

    Raises:
        InputError: If there are labels and no images.
    """
    if x is None and y is not None:
        raise InputError(
            "fit received labels y without images x. Give both, or neither."
        )


def no_labels(y, outputs):
    """Returns labels that count nothing: -1, or zeros for one-hot rows.

    Args:
        y: Labels of a batch.
        outputs: Shape of the outputs, by which rows are told from labels of
            many places, such as pixels.
    """
    rows = len(y.shape) == len(outputs) and y.shape[-1] != 1
    return ops.zeros_like(y) if rows else ops.full_like(y, -1)
