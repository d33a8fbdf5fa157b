"""Graphs: a class for every node, or for every graph."""

import keras
import numpy as np
from keras import layers
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.models.graph_prototypes import GraphPrototypes
from tfkd.models.message_passing import MessagePassing
from tfkd.models.node_mean import NodeMean
from tfkd.tasks import digit_graphs
from tfkd.tasks import weights

LABELS = (
    "whole numbers (batch, nodes), or (batch,) where a graph has one label: "
    "the class, -1 where it is hidden"
)
TAPS = {
    "features": "stage1",
    "edges": "edges",
    "embedding": "embedding",
    "logits": "logits",
}
CLASSES = 10
LEVELS = ("node", "graph")


def loss():
    """Returns the mean cross-entropy of logits over nodes, or graphs.

    Hidden labels count nothing, in a `Distiller` and without one.
    """
    return keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, ignore_class=-1
    )


def metrics():
    """Returns the metrics of graphs.

    Compile them as `weighted_metrics`: a `Distiller` gives hidden labels the
    weight 0.
    """
    return [LabelledAccuracy()]


@keras.saving.register_keras_serializable("tfkd")
class LabelledAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """Share of right answers among nodes, or graphs, that have a label."""

    def __init__(self, name="accuracy", **kwargs):
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts answers.

        Args:
            y_true: Classes, -1 does not count.
            y_pred: Logits or probabilities, `(..., classes)`.
            sample_weight: Weights of graphs or of nodes.
        """
        weight = weights.labelled(y_true, sample_weight, self.dtype)
        super().update_state(ops.maximum(y_true, 0), y_pred, weight)


def model(
    *,
    features=64,
    num_classes=CLASSES,
    units=(32, 32),
    steps=1,
    level="node",
):
    """Builds a tiny graph network of message passing (survey Eqns 14-18).

    Its inputs are a dict: `"features"` (batch, nodes, features) and
    `"adjacency"` (batch, nodes, nodes), where a loop marks a node that
    exists. One large graph is a batch of one.

    Args:
        features: Numbers a node.
        num_classes: Classes of a node, or of a graph.
        units: Widths of the stages, at least one.
        steps: Iterations of each stage with the same weights.
        level: `"node"` for logits (batch, nodes, classes); `"graph"` for
            logits (batch, classes) of the nodes' mean.

    Returns:
        A functional `keras.Model` with taps `edges` (the adjacency),
        `stage1`, ..., `embedding` (the states of the last stage, or their
        mean), `logits`.

    Raises:
        InputError: If there is no stage, or the level is unknown.
    """
    if level not in LEVELS:
        raise unknown("level of a graph's labels", level, LEVELS)
    _check_stages(units, steps)
    inputs = _inputs(features)
    edges = layers.Identity(name="edges")(inputs["adjacency"])
    x = inputs["features"]
    for stage, width in enumerate(units, start=1):
        last = stage == len(units) and level == "node"
        name = "embedding" if last else f"stage{stage}"
        x = MessagePassing(width, steps, name=name)([x, edges])
    if level == "graph":
        x = NodeMean(name="embedding")([x, edges])
    else:
        # The local output sees state and features: o = f_o(h, x).
        x = layers.Concatenate(name="local")([x, inputs["features"]])
    outputs = layers.Dense(num_classes, name="logits", dtype="float32")(x)
    return keras.Model(inputs, outputs, name=f"{level}_classifier")


def few_shot_model(
    *,
    features=64,
    num_classes=3,
    units=(32, 16),
    graph_units=8,
    steps=1,
):
    """Builds a network that labels nodes by a few known ones of their graph.

    Its inputs are those of `model` and `"support"` (batch, nodes): the class
    of a known node, -1 elsewhere.

    Args:
        features: Numbers a node.
        num_classes: Classes of a graph's nodes.
        units: Widths of the stages, at least one.
        graph_units: Numbers that stand for a whole graph.
        steps: Iterations of each stage with the same weights.

    Returns:
        A functional `keras.Model` to logits (batch, nodes, classes), with
        taps `edges`, `stage1`, ..., `embedding`, `logits`.

    Raises:
        InputError: If there is no stage or step.
    """
    _check_stages(units, steps)
    inputs = {
        **_inputs(features),
        "support": keras.Input((None,), name="support"),
    }
    edges = layers.Identity(name="edges")(inputs["adjacency"])
    x = inputs["features"]
    for stage, width in enumerate(units, start=1):
        last = stage == len(units)
        name = "embedding" if last else f"stage{stage}"
        activation = "linear" if last else "relu"
        x = MessagePassing(width, steps, activation, name=name)([x, edges])
    outputs = GraphPrototypes(
        num_classes, graph_units, name="logits", dtype="float32"
    )([x, edges, inputs["support"]])
    return keras.Model(inputs, outputs, name="few_shot_classifier")


def few_shot_data(count, *, ways=3, shots=2, **arguments):
    """Returns graphs with known nodes, and the labels of the others.

    Args:
        count: Number of graphs.
        ways: Classes a graph.
        shots: Known nodes a class.
        **arguments: Of `digit_graphs.episodes`.

    Returns:
        Inputs as `few_shot_model` takes them, and labels, -1 where a node is
        known.
    """
    found = digit_graphs.episodes(count, ways=ways, shots=shots, **arguments)
    known = np.arange(found.labels.shape[1]) < ways * shots
    x = {
        "features": found.features,
        "adjacency": found.adjacency,
        "support": np.where(known, found.labels, -1).astype("int32"),
    }
    return x, np.where(known, -1, found.labels).astype("int32")


def _check_stages(units, steps):
    if not units or steps < 1:
        raise InputError(
            "A graph network needs at least one stage and one step, received "
            f"units={units!r}, steps={steps!r}."
        )


def _inputs(features):
    return {
        "features": keras.Input((None, features), name="features"),
        "adjacency": keras.Input((None, None), name="adjacency"),
    }


def data(count, *, level="node", **arguments):
    """Returns inputs and labels, see `digit_graphs`.

    Args:
        count: Number of graphs.
        level: `"node"` for `neighborhoods`, `"graph"` for `pixel_graphs`.
        **arguments: Of that function.

    Raises:
        InputError: If an argument is out of range.
    """
    if level not in LEVELS:
        raise unknown("level of a graph's labels", level, LEVELS)
    made = {
        "node": digit_graphs.neighborhoods,
        "graph": digit_graphs.pixel_graphs,
    }
    found = made[level](count, **arguments)
    x = {"features": found.features, "adjacency": found.adjacency}
    return x, found.labels
