"""Losses where a model's weights have other values, which it never keeps.

TensorFlow only, which is imported lazily: `tfkd.distillers` runs without it.
"""

import keras

from tfkd.distillers import replicas


def loss_at(variables, values, loss):
    """Returns `loss()` computed where variables have these values.

    What the computation would change, such as statistics of batches, stays
    as it is.

    Args:
        variables: Keras variables.
        values: A tensor for each.
        loss: Function without arguments.
    """
    mapping = list(zip(variables, values))
    with keras.StatelessScope(state_mapping=mapping):
        return loss()


def loss_and_slope(variables, values, loss):
    """Returns the same, and its gradient by each of the values.

    Replicas add theirs up, so that all of them try the same values.
    """
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(values)
        value = loss_at(variables, values, loss)
    slope = tape.gradient(
        value, values, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return replicas.total((value, slope))


def descended(values, slope, rate):
    """Returns values after a step of plain gradient descent."""
    return [value - rate * part for value, part in zip(values, slope)]


def start(variables):
    """Returns the values that variables have, as tensors."""
    import tensorflow as tf

    return [tf.identity(variable.value) for variable in variables]
