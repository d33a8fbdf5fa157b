"""A student and a second network, each of which sees its own input."""

import keras

from tfkd.errors import InputError
from tfkd.taps.graph import TapGraph
from tfkd.taps.order import check_order
from tfkd.taps.peer import Peer


def with_styles(student, other, taps=()):
    """Returns a network of a student and another one on a second input.

    Args:
        student: A functional or built Sequential model of one input, which
            sees the input `"target"`.
        other: A model of the same classes, which sees the input `"source"`
            and is trained, too.
        taps: Further names of the student's tensors.

    Returns:
        A `keras.Model` whose inputs are a dict of both, and whose outputs are
        a dict: `"outputs"`, `"logits"` and each tap of the student, and
        `"source_logits"` of the other.

    Raises:
        InputError: If a network has several inputs, their shapes differ, or
            a tap does not exist or is a map whose channels come first.
    """
    shapes = [
        [tuple(tensor.shape) for tensor in model.inputs]
        for model in (student, other)
    ]
    if len(shapes[0]) != 1 or shapes[0] != shapes[1]:
        raise InputError(
            "Networks of two styles see images of one shape, received inputs "
            f"{shapes[0]} and {shapes[1]}. Build both for the same images."
        )
    given = student.inputs[0]
    inputs = {
        name: keras.Input(batch_shape=given.shape, dtype=given.dtype, name=name)
        for name in ("target", "source")
    }
    graph = TapGraph(student, inputs=inputs["target"])
    found = {name: graph.tensor(name) for name in ("logits", *taps)}
    check_order(student, found)
    outputs = {
        "outputs": keras.tree.flatten(graph.outputs)[0],
        **found,
        "source_logits": Peer(other, name="source_logits")(inputs["source"]),
    }
    return keras.Model(inputs, outputs, name=f"{student.name}_styles")
