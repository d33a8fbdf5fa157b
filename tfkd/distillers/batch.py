"""What a batch is made of: one tensor, or several views of one example."""

import dataclasses

import keras
from keras import ops

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
    """Gives examples of label -1 the weight 0, and a valid label.

    Args:
        y: Integer class labels `(batch,)` or `(batch, 1)`.
        sample_weight: `None` or `(batch,)`.

    Returns:
        Labels and sample weights for the task loss.
    """
    labelled = y >= 0
    weight = ops.cast(labelled, "float32")
    if sample_weight is not None:
        weight = weight * ops.reshape(
            ops.cast(sample_weight, "float32"), ops.shape(weight)
        )
    return ops.where(labelled, y, ops.zeros_like(y)), weight


def is_sparse(loss):
    """Whether a compiled loss takes integer class labels."""
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    sparse = keras.losses.sparse_categorical_crossentropy
    return loss is sparse or isinstance(
        loss, keras.losses.SparseCategoricalCrossentropy
    )
