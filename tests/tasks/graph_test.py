import keras
import numpy as np
import pytest

from tfkd import distillers
from tfkd import losses
from tfkd.errors import InputError
from tfkd.tasks import graph


def test_loss_skips_hidden_nodes():
    # Node 1: -log softmax([0, 0])_0 = log 2; node 2 does not count.
    found = graph.loss()(np.array([[0, -1]]), np.float32([[[0, 0], [5, -5]]]))
    np.testing.assert_allclose(found, np.log(2), rtol=1e-6)


def test_accuracy_of_nodes_that_have_a_label():
    (metric,) = graph.metrics()
    # Right, wrong, hidden; a second graph of weight 3 is right once.
    metric.update_state(np.array([[0, 1, -1]]), np.eye(2)[[[0, 0, 0]]])
    np.testing.assert_allclose(metric.result(), 1 / 2, rtol=1e-6)
    metric.update_state(
        np.array([[1, -1, -1]]), np.eye(2)[[[1, 0, 0]]], np.array([3.0])
    )
    np.testing.assert_allclose(metric.result(), 4 / 5, rtol=1e-6)


def test_node_logits_are_of_state_and_features():
    model = graph.model(units=(4, 3), steps=2)
    x, _ = graph.data(2)
    outputs = model(x)
    assert outputs.shape == (2, 20, graph.CLASSES)
    local = model.get_layer("local").output
    states = model.get_layer("embedding").output
    assert local.shape[-1] == states.shape[-1] + 64


@pytest.mark.parametrize("level", graph.LEVELS)
def test_taps_exist(level):
    model = graph.model(level=level)
    assert {layer.name for layer in model.layers} >= {*graph.TAPS.values()}


def test_a_graph_has_one_label():
    model = graph.model(features=3, level="graph")
    x, y = graph.data(4, level="graph")
    assert model(x).shape == (4, graph.CLASSES)
    assert y.shape == (4,)


def test_graphs_of_another_size_pass_too():
    model = graph.model()
    x, _ = graph.data(1, nodes=33)
    assert model(x).shape == (1, 33, graph.CLASSES)


def test_a_distiller_ignores_the_same_nodes():
    student, teacher = (graph.model(units=(4,)) for _ in range(2))
    distiller = distillers.Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=losses.SoftTargets(temperature=1.0),
    )
    distiller.compile("sgd", graph.loss(), weighted_metrics=graph.metrics())
    x, y = graph.data(4)
    y[:, ::2] = -1
    logs = distiller.evaluate(x, y, verbose=0, return_dict=True)
    (metric,) = graph.metrics()
    metric.update_state(y, student.predict(x, verbose=0))
    np.testing.assert_allclose(logs["accuracy"], metric.result(), rtol=1e-5)


def test_learns_digits_among_their_neighbours():
    keras.utils.set_random_seed(0)
    x, y = graph.data(60)
    model = graph.model()
    model.compile(
        keras.optimizers.Adam(0.01), graph.loss(), metrics=graph.metrics()
    )
    model.fit(x, y, batch_size=6, epochs=4, verbose=0)
    test = graph.data(20, split="test")
    assert model.evaluate(*test, verbose=0, return_dict=True)["accuracy"] > 0.8


def test_a_few_known_nodes_tell_the_others():
    x, y = graph.few_shot_data(4, ways=2, shots=2, nodes=9)
    known = x["support"] >= 0
    np.testing.assert_array_equal(known.sum(axis=1), 4)
    # A node is known or asked.
    np.testing.assert_array_equal(known, y < 0)
    model = graph.few_shot_model(num_classes=2)
    assert model(x).shape == (4, 9, 2)
    assert {layer.name for layer in model.layers} >= {*graph.TAPS.values()}


def test_rejects_what_does_not_fit():
    with pytest.raises(InputError, match="level of a graph's labels"):
        graph.model(level="edge")
    with pytest.raises(InputError, match="level of a graph's labels"):
        graph.data(1, level="edge")
    with pytest.raises(InputError, match="at least one stage"):
        graph.model(units=())
    with pytest.raises(InputError, match="at least one stage"):
        graph.few_shot_model(steps=0)
