"""Two views of every example in one pass of a network."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.taps.graph import TapGraph
from tfkd.taps.order import check_order
from tfkd.taps.peer import Peer


@keras.saving.register_keras_serializable("tfkd")
class BothViews(keras.layers.Layer):
    """Stacks a batch's two views: first all of one, then all of the other.

    Args:
        view: Layer that makes a view; called twice, so random ones differ.
        **kwargs: Of a Keras layer.
    """

    def __init__(self, view, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.view = view
        self.built = True

    def call(self, x, training=False):
        views = [self.view(x, training=training) for _ in range(2)]
        return ops.concatenate(views, axis=0)

    def get_config(self):
        view = keras.saving.serialize_keras_object(self.view)
        return {**super().get_config(), "view": view}

    @classmethod
    def from_config(cls, config):
        view = keras.saving.deserialize_keras_object(config.pop("view"))
        config.pop("autocast", None)
        return cls(view, **config)


@keras.saving.register_keras_serializable("tfkd")
class OneView(keras.layers.Layer):
    """Takes one view's rows from what `BothViews` stacked.

    Args:
        second: Whether the second view's.
        **kwargs: Of a Keras layer.
    """

    def __init__(self, second=False, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.second = second
        self.built = True

    def call(self, x):
        count = ops.shape(x)[0] // 2
        return x[count:] if self.second else x[:count]

    def get_config(self):
        return {**super().get_config(), "second": self.second}


def with_view_pair(student, taps, view, peers=()):
    """Returns a network that runs a student once on two views of a batch.

    Batch statistics are those of both views together.

    Args:
        student: A functional or built Sequential model of one input and one
            output.
        taps: Names of the student's tensors.
        view: Layer that makes a view from a batch of inputs; without change
            where it is not training.
        peers: Models of the same inputs, which see the same two views.

    Returns:
        A `keras.Model` whose outputs are a dict: `"outputs"` and each tap of
        the first view, `"outputs_2"` and each tap, with `"_2"` behind its
        name, of the second; likewise `"peer1"`, `"peer1_2"`, ...: the peers'
        logits.

    Raises:
        InputError: If the student has several inputs or outputs, a tap does
            not exist, or is a map whose channels come first.
    """
    if len(student.inputs) != 1 or len(student.outputs) != 1:
        raise InputError(
            "Two views are made for a model of one input and one output, "
            f"received {student.name!r} with {len(student.inputs)} and "
            f"{len(student.outputs)}."
        )
    given = student.inputs[0]
    inputs = keras.Input(batch_shape=given.shape, dtype=given.dtype)
    views = BothViews(view)(inputs)
    graph = TapGraph(student, inputs=views)
    stacked = {
        name: keras.tree.flatten(graph.tensor(name))[0]
        for name in ("outputs", *taps)
    }
    check_order(student, stacked)
    for number, peer in enumerate(peers, start=1):
        stacked[f"peer{number}"] = Peer(peer, name=f"peer{number}")(views)
    outputs = {}
    for name, both in stacked.items():
        outputs[name] = OneView(name=f"{name}_view_1".replace("/", "_"))(both)
        outputs[f"{name}_2"] = OneView(
            True, name=f"{name}_view_2".replace("/", "_")
        )(both)
    return keras.Model(inputs, outputs, name=f"{student.name}_views")
