"""Gradients against finite differences, in float64."""

import numpy as np
import tensorflow as tf


def assert_gradient(function, x, step=1e-5, rtol=1e-5, atol=1e-8):
    """Compares a gradient with central differences.

    Args:
        function: From a float64 tensor like `x` to a tensor; its sum is
            differentiated.
        x: Where, away from kinks.
        step: Half the distance between the two values of a difference.
        rtol: Relative to the largest element of the gradient.
        atol: Absolute.
    """
    x = np.asarray(x, "float64")
    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = tf.reduce_sum(function(tensor))
    assert value.dtype == "float64"
    found = np.asarray(tape.gradient(value, tensor))
    expected = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        values = []
        for sign in (1.0, -1.0):
            moved = x.copy()
            moved[index] += sign * step
            values.append(float(tf.reduce_sum(function(tf.constant(moved)))))
        expected[index] = (values[0] - values[1]) / (2 * step)
    bound = atol + rtol * np.max(np.abs(expected))
    assert np.max(np.abs(expected)) > 0, "the check would prove nothing"
    np.testing.assert_allclose(found, expected, rtol=0, atol=bound)
