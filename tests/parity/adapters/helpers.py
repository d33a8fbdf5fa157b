"""What adapters share: losses on plain arrays, and their gradients."""

import keras
import numpy as np
import tensorflow as tf


def differentiate(function, arrays, wanted):
    """Returns the results of a function and the gradients of its loss.

    Args:
        function: Called with a dict of tensors named as in `arrays`; returns
            the loss, or a dict with `"loss"`.
        arrays: Name to array; floating ones are made float32 tensors.
        wanted: Names whose gradients are returned.

    Returns:
        Results as NumPy arrays, and `"grad_<name>"` for each wanted name.
    """
    tensors = {name: tf.constant(array) for name, array in arrays.items()}
    with tf.GradientTape() as tape:
        for name in wanted:
            tape.watch(tensors[name])
        results = function(dict(tensors))
        if not isinstance(results, dict):
            results = {"loss": results}
    gradients = tape.gradient(
        results["loss"], [tensors[name] for name in wanted]
    )
    return {
        **{name: np.asarray(value) for name, value in results.items()},
        **{
            f"grad_{name}": np.asarray(gradient)
            for name, gradient in zip(wanted, gradients)
        },
    }


def evaluate(loss, teacher, student, *, labels=None, index=None, step=0):
    """Returns the mean over the batch of a `tfkd.losses.KDLoss`.

    Args:
        loss: The loss; set up here if it was not.
        teacher: Tap name to tensor, or one tensor for its only tap.
        student: Likewise.
        labels: Labels of the batch.
        index: Stable numbers of the examples.
        step: Number of optimizer updates so far.
    """
    teacher = _taps(teacher, loss.teacher_taps)
    student = _taps(student, loss.student_taps)
    if not loss.built:
        loss.setup(
            *(
                {
                    n: keras.KerasTensor((None, *t.shape[1:]))
                    for n, t in d.items()
                }
                for d in (teacher, student)
            )
        )
    values = loss(teacher, student, labels=labels, index=index, step=step)
    return keras.ops.mean(values)


def _specs(taps):
    shapes = {name: (None, *tap.shape[1:]) for name, tap in taps.items()}
    return {name: keras.KerasTensor(shape) for name, shape in shapes.items()}


def _taps(value, names):
    return value if isinstance(value, dict) else {names[0]: value}
