"""What attacks on a network's inputs share."""

import dataclasses

import keras
from keras import ops

from tfkd.errors import require_tensorflow
from tfkd.sources.input_optimizer import check_range


@dataclasses.dataclass
class Attacked:
    """Inputs that an attack made.

    Attributes:
        inputs: `(n, ...)`.
        rows: Which rows of the batch they were, `(n,)`; `None` for all.
        weight: How much each counts, `(n,)`; `None` for equally.
    """

    inputs: object
    rows: object = None
    weight: object = None


class Attack(keras.layers.Layer):
    """Moves inputs to where a network answers otherwise.

    Subclasses implement `find`, and set `attacks`. It is a layer so that the
    state of its random numbers is saved; it is not called as one.

    Args:
        value_range: `(low, high)` of the raw inputs; results stay within.
        **kwargs: Of a Keras layer.

    Attributes:
        attacks: Whose answers are moved: `"student"` or `"teacher"`. In the
            first case the teacher answers for the inputs as they were.

    Raises:
        InputError: If the range is empty, or Keras does not run on
            TensorFlow, which alone differentiates by inputs within a step.
    """

    attacks = "student"

    def __init__(self, *, value_range, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        require_tensorflow(type(self).__name__)
        self.low, self.high = check_range(value_range)
        self.built = True

    def find(self, inputs, model, *, labels, teacher, student):
        """Returns `Attacked` inputs.

        Args:
            inputs: Raw inputs `(batch, ...)`.
            model: From inputs to logits of the network that is attacked, in
                inference mode.
            labels: Labels of the batch, or `None`.
            teacher: The teacher's logits for the inputs `(batch, classes)`.
            student: The student's, likewise, in training mode.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement it.")

    def get_config(self):
        return {
            **super().get_config(),
            "value_range": (self.low, self.high),
        }


def gradient(function, x):
    """Returns the gradient by x of a sum, and what the function returned.

    Args:
        function: From x `(n, ...)` to values, or to a tuple that begins with
            them.
        x: A tensor.
    """
    import tensorflow as tf  # Lazily: other sources run without it.

    x = ops.convert_to_tensor(x)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        found = function(x)
        values = found[0] if isinstance(found, tuple) else found
    slope = tape.gradient(values, x, unconnected_gradients="zero")
    return slope, found


def class_rows(labels, logits):
    """Returns labels as rows over classes, zeros where there is none.

    Args:
        labels: Whole numbers `(batch,)` or `(batch, 1)`, -1 where there is no
            label, or rows `(batch, classes)`.
        logits: `(batch, classes)`.
    """
    labels, classes = ops.convert_to_tensor(labels), logits.shape[-1]
    if len(labels.shape) == 2 and labels.shape[-1] == classes:
        return ops.cast(labels, "float32")
    # one_hot of -1 is all zeros.
    return ops.one_hot(ops.reshape(labels, (-1,)), classes, dtype="float32")


def column(values, like):
    """Gives values `(n,)` the rank of a tensor `(n, ...)`."""
    return ops.reshape(values, (-1, *[1] * (len(like.shape) - 1)))
