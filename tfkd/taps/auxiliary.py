"""A network that also runs on inputs that it makes of a batch."""

import keras

from tfkd.errors import InputError
from tfkd.taps.graph import TapGraph


def with_auxiliary(student, view):
    """Returns a network that runs a student on a batch, and on another view.

    Batch statistics are updated by both.

    Args:
        student: A functional or built Sequential model of one input and one
            output.
        view: Layer that makes auxiliary inputs of a batch of inputs.

    Returns:
        A `keras.Model` whose outputs are a dict: `"inputs"` and `"outputs"`,
        those of the student, `"auxiliary"`, what the view made, and
        `"auxiliary_outputs"`, what the student returns for it.

    Raises:
        InputError: If the student has several inputs or outputs.
    """
    if len(student.inputs) != 1 or len(student.outputs) != 1:
        raise InputError(
            "Auxiliary inputs are made for a model of one input and one "
            f"output, received {student.name!r} with {len(student.inputs)} "
            f"and {len(student.outputs)}."
        )
    given = student.inputs[0]
    inputs = keras.Input(batch_shape=given.shape, dtype=given.dtype)
    auxiliary = view(inputs)
    outputs = {
        "inputs": keras.layers.Identity(name="inputs_tap")(inputs),
        "outputs": _only(TapGraph(student, inputs=inputs).outputs),
        "auxiliary": auxiliary,
        "auxiliary_outputs": _only(TapGraph(student, inputs=auxiliary).outputs),
    }
    return keras.Model(inputs, outputs, name=f"{student.name}_auxiliary")


def _only(outputs):
    return keras.tree.flatten(outputs)[0]
