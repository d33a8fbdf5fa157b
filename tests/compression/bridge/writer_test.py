import numpy as np
import pytest

from tests.compression.bridge import models
from tfkd.compression.bridge import check_equal
from tfkd.compression.bridge import read
from tfkd.compression.bridge import rewrite
from tfkd.compression.bridge import update
from tfkd.compression.bridge import write
from tfkd.compression.bridge.graph import Graph
from tfkd.compression.bridge.graph import Node


@pytest.mark.parametrize(
    "build", [models.every_layer, models.small, models.odd_names]
)
@pytest.mark.parametrize("change", [lambda graph: graph, rewrite])
def test_legacy_keras_computes_what_keras_3_computes(build, change):
    model = build()
    images = models.images()
    expected = model(images, training=False)
    received = write(change(read(model)))(images, training=False)
    assert np.std(expected) > 0.01
    check_equal(expected, received, "Writing")


def test_trained_weights_come_back_by_name():
    graph = rewrite(read(models.small()))
    legacy = write(graph)
    legacy.get_layer("conv").kernel.assign_add(np.ones((3, 3, 2, 3)))
    trained = update(
        graph, {layer.name: layer.weights for layer in legacy.layers}
    )
    np.testing.assert_allclose(
        trained["conv"].weights["kernel"], graph["conv"].weights["kernel"] + 1
    )
    np.testing.assert_array_equal(
        trained["logits"].weights["bias"], graph["logits"].weights["bias"]
    )


def test_a_wrapper_sees_layers_that_have_their_weights():
    graph = rewrite(read(models.small()))
    seen = {}

    def wrap(layer, node):
        seen[node.name] = [weight.copy() for weight in layer.get_weights()]
        return layer

    write(graph, wrap)
    np.testing.assert_array_equal(
        seen["conv"][0], graph["conv"].weights["kernel"]
    )
    assert list(seen) == [node.name for node in graph.nodes[1:]]


def test_an_unknown_kind_is_an_error():
    nodes = [
        Node("image", "Input", shape=(2, 2, 1)),
        Node("x", "X", ("image",)),
    ]
    with pytest.raises(ValueError, match="cannot be of kind 'X'"):
        write(Graph("g", nodes, "x"))
