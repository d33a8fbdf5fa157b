import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd import tasks
from tfkd.errors import InputError
from tfkd.taps import Extractor

GRAPH = tasks.get("graph")


def build(**arguments):
    arguments = {
        "teacher": GRAPH.model(units=(5, 4)),
        "student": GRAPH.model(units=(3,)),
        **arguments,
    }
    return methods.get("lsp_gcn").build(**arguments)


def local(z, adjacency, width):
    """p of each node, 0 where there is no edge, by loops."""
    result = np.zeros(adjacency.shape)
    for i in range(len(z)):
        near = np.flatnonzero(adjacency[i])
        near = near[near != i]
        k = np.exp(-np.abs(z[i] - z[near]).sum(-1) / width)
        result[i, near] = np.exp(k) / np.exp(k).sum()
    return result


def test_the_loss_of_one_graph_is_the_equation():
    distiller = build(width=0.5)
    (loss,) = distiller.distillation_losses
    x, _ = GRAPH.data(1, nodes=6, neighbors=2)
    wanted = ["embedding", "edges"]
    teacher, student = (
        {k: np.asarray(v) for k, v in Extractor(model, wanted)(x).items()}
        for model in (distiller.teacher.model, distiller.student)
    )
    adjacency = x["adjacency"][0]
    p_t, p_s = (
        local(side["embedding"][0].astype("float64"), adjacency, 0.5)
        for side in (teacher, student)
    )
    edge = p_t > 0
    # Every node has a neighbour: the mean is over all 6.
    expected = np.sum(p_t[edge] * np.log(p_t[edge] / p_s[edge])) / 6
    found = loss(teacher, student)
    np.testing.assert_allclose(found, [expected], rtol=1e-4)


def test_a_students_scale_is_free_only_up_to_the_kernel():
    # Moving all states of a graph by one vector changes no similarity.
    (loss,) = build(width=1.0).distillation_losses
    random = np.random.default_rng(0)
    taps = {
        "embedding": random.normal(size=(1, 4, 3)).astype("float32"),
        "edges": np.ones((1, 4, 4), "float32"),
    }
    moved = {**taps, "embedding": taps["embedding"] + np.float32([1, -2, 3])}
    grown = {**taps, "embedding": 2 * taps["embedding"]}
    np.testing.assert_allclose(loss(taps, moved), 0, atol=1e-6)
    assert float(loss(taps, grown)[0]) > 1e-3


def test_any_classifier_learns_on_the_graph_of_the_batch():
    networks = [
        models.build("mlp", input_shape=(5,), num_classes=2, units=(n,))
        for n in (6, 4)
    ]
    distiller = methods.get("lsp_gcn").build(
        teacher=networks[0],
        student=networks[1],
        edges_tap=None,
        neighbors=3,
        kernel="rbf",
        width=1.0,
    )
    distiller.compile(keras.optimizers.Adam(0.01), GRAPH.loss())
    x = np.random.default_rng(0).normal(size=(16, 5)).astype("float32")
    y = np.full(16, -1)
    logs = distiller.fit(x, y, epochs=30, verbose=0).history
    assert logs["local_structure"][-1] < 0.8 * logs["local_structure"][0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"edges_tap": "no_such"}, "no_such"),
        ({"kernel": "gauss"}, "kernel named"),
        ({"width": 0.0}, "width > 0"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"teacher_tap": "embeding"}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
