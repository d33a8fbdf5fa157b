import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import LocalStructure

RANDOM = np.random.default_rng(0)


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def kernel(name, a, b, width):
    if name == "laplacian":
        return np.exp(-np.abs(a - b).sum() / width)
    if name == "rbf":
        return np.exp(-((a - b) ** 2).sum() / width)
    return (a @ b) ** (2 if name == "polynomial" else 1)


def divergence(teacher, student, linked, name="laplacian", width=100.0):
    """Of each node of one graph, by loops."""
    result = []
    for i in range(len(teacher)):
        near = [j for j in range(len(teacher)) if linked[i, j] and j != i]
        if not near:
            result.append(0.0)
            continue
        t, s = (
            softmax(np.array([kernel(name, x[i], x[j], width) for j in near]))
            for x in (teacher, student)
        )
        result.append(np.sum(t * np.log(t / s)))
    return np.array(result)


def graphs(nodes=5, count=2):
    teacher = RANDOM.normal(size=(count, nodes, 4)).astype("float32")
    student = RANDOM.normal(size=(count, nodes, 3)).astype("float32")
    edges = RANDOM.uniform(size=(count, nodes, nodes)) < 0.5
    edges = np.maximum(edges, edges.transpose(0, 2, 1)) | np.eye(
        nodes, dtype=bool
    )
    return teacher, student, edges.astype("float32")


def values(loss, teacher, student, edges=None, student_edges=None):
    own = edges if student_edges is None else student_edges
    return loss(
        {"embedding": teacher, "edges": edges},
        {"embedding": student, "edges": own},
    )


def test_two_neighbours_by_hand():
    # K = a . b, and node 0 has the neighbours 1 and 2: t = softmax(1, 2),
    # s = softmax(2, 1), KL = sum t log(t / s) = t_2 - t_1 =
    # (e - 1) / (e + 1). Nodes 1 and 2 have one neighbour, and no choice.
    edges = np.float32([[[1, 1, 1], [1, 1, 0], [1, 0, 1]]])
    teacher = np.float32([[[1], [1], [2]]])
    student = np.float32([[[1], [2], [1]]])
    loss = LocalStructure(edges_tap="edges", kernel="linear")
    expected = (np.e - 1) / (np.e + 1) / 3
    found = values(loss, teacher, student, edges)
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


@pytest.mark.parametrize("name", ["laplacian", "rbf", "linear", "polynomial"])
def test_each_kernel_over_edges(name):
    teacher, student, edges = graphs()
    loss = LocalStructure(edges_tap="edges", kernel=name, width=2.0)
    expected = [
        divergence(t, s, e, name, 2.0).sum() / max(1, np.sum(e.sum(-1) > 1))
        for t, s, e in zip(
            teacher.astype("float64"), student.astype("float64"), edges
        )
    ]
    found = values(loss, teacher, student, edges)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_divergence_can_be_the_printed_one():
    teacher, student, edges = graphs()
    loss = LocalStructure(edges_tap="edges", width=1.0)
    reverse = LocalStructure(edges_tap="edges", width=1.0, reverse=True)
    np.testing.assert_allclose(
        values(reverse, teacher, student, edges),
        values(loss, student, teacher, edges),
        rtol=1e-6,
    )


def test_padding_and_lonely_nodes_count_nothing():
    teacher, student, edges = graphs()
    loss = LocalStructure(edges_tap="edges", width=1.0)
    pad = ((0, 0), (0, 3), (0, 0))
    padded = np.pad(edges, ((0, 0), (0, 3), (0, 3)))
    padded[:, -1, -1] = 1  # Exists, without a neighbour.
    np.testing.assert_allclose(
        values(loss, np.pad(teacher, pad), np.pad(student, pad), padded),
        values(loss, teacher, student, edges),
        rtol=1e-5,
        atol=1e-7,
    )
    alone = np.eye(5, dtype="float32")[None].repeat(2, 0)
    np.testing.assert_array_equal(values(loss, teacher, student, alone), 0)


def test_graphs_that_differ_are_united():
    teacher, student, edges = graphs()
    _, _, other = graphs()
    loss = LocalStructure(edges_tap="edges", width=1.0)
    np.testing.assert_allclose(
        values(loss, teacher, student, edges, other),
        values(loss, teacher, student, np.maximum(edges, other)),
        rtol=1e-6,
    )


def test_the_batch_is_a_graph_of_the_teachers_nearest():
    # Teacher on a line at 0, 1, 3, 7: two nearest of each are
    # 0: 1 3, 1: 0 3, 3: 1 0, 7: 3 1.
    teacher = np.float32([[0], [1], [3], [7]])
    student = RANDOM.normal(size=(4, 2, 1)).astype("float32")
    linked = np.zeros((4, 4))
    for row, near in enumerate([(1, 2), (0, 2), (1, 0), (2, 1)]):
        linked[row, list(near)] = 1
    found = values(LocalStructure(neighbors=2, width=1.0), teacher, student)
    expected = divergence(
        teacher.astype("float64"),
        student.reshape(4, 2).astype("float64"),
        linked,
        width=1.0,
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_fewer_examples_than_neighbours_are_all_of_them():
    teacher, student = RANDOM.normal(size=(2, 3, 2)).astype("float32")
    few, many = (LocalStructure(neighbors=n, width=1.0) for n in (2, 50))
    np.testing.assert_array_equal(
        values(few, teacher, student), values(many, teacher, student)
    )
    one = values(many, teacher[:1], student[:1])
    np.testing.assert_array_equal(one, [0])


@pytest.mark.parametrize("name", ["laplacian", "rbf", "polynomial"])
@pytest.mark.parametrize("edges_tap", ["edges", None])
def test_gradient(name, edges_tap):
    teacher, student, edges = graphs(count=4)
    loss = LocalStructure(
        edges_tap=edges_tap, kernel=name, width=2.0, dtype="float64"
    )
    assert_gradient(
        lambda s: values(
            loss, tf.constant(teacher, "float64"), s, edges.astype("float64")
        ),
        student,
    )


def test_round_trip():
    loss = LocalStructure(edges_tap="edges", kernel="rbf", reverse=True)
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == loss.get_config()


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="kernel named 'gauss'"):
        LocalStructure(kernel="gauss")
    with pytest.raises(InputError, match="width > 0 and neighbors >= 1"):
        LocalStructure(width=0)
    with pytest.raises(InputError, match="width > 0 and neighbors >= 1"):
        LocalStructure(neighbors=0)
    flat = keras.KerasTensor((None, 4))
    taps = {"embedding": flat, "edges": keras.KerasTensor((None, 5, 5))}
    with pytest.raises(InputError, match="edges_tap=None"):
        LocalStructure(edges_tap="edges").setup(taps, taps)
