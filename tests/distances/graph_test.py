import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.distances import GraphDistance
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def adjacency(x):
    x = x.reshape(len(x), -1).astype("float64")
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    weights = np.maximum(x @ x.T, 0)
    np.fill_diagonal(weights, 0)
    root = weights.sum(axis=1) ** -0.5
    return root[:, None] * weights * root[None]


def test_two_examples_are_one_edge():
    # One edge has weight 1 after normalization, whatever its cosine; two
    # orthogonal examples have none: 1^2 + 1^2.
    one = np.array([[1.0, 0.0], [1.0, 1.0]], "float32")
    none = np.eye(2, dtype="float32")
    # B times the row's 1, so that the mean is the sum over all.
    found = GraphDistance().call(one, none)
    np.testing.assert_allclose(found, [2, 2], rtol=1e-6)
    np.testing.assert_allclose(GraphDistance()(one, none), 2, rtol=1e-6)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_is_the_frobenius_distance_of_powers(power):
    teacher = RANDOM.uniform(size=(5, 3, 2)).astype("float32")
    student = RANDOM.uniform(size=(5, 4)).astype("float32")
    powers = [
        np.linalg.matrix_power(adjacency(x), power) for x in (teacher, student)
    ]
    expected = np.sum((powers[0] - powers[1]) ** 2)
    found = GraphDistance(power=power)(teacher, student)
    np.testing.assert_allclose(found, expected, rtol=2e-6)


def test_the_teachers_neighbours_are_kept_on_both_sides():
    teacher = RANDOM.uniform(size=(6, 4)).astype("float32")
    student = RANDOM.uniform(size=(6, 4)).astype("float32")
    graphs = adjacency(teacher), adjacency(student)
    kept = np.zeros((6, 6))
    for row, strongest in enumerate(np.argsort(graphs[0])[:, -2:]):
        kept[row, strongest] = kept[strongest, row] = 1
    expected = np.sum((kept * (graphs[0] - graphs[1])) ** 2)
    assert 0 < kept.sum() < 30
    found = GraphDistance(neighbors=2)(teacher, student)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_more_neighbours_than_examples_are_all():
    teacher = RANDOM.uniform(size=(3, 4)).astype("float32")
    student = RANDOM.uniform(size=(3, 4)).astype("float32")
    np.testing.assert_array_equal(
        GraphDistance(neighbors=9).call(teacher, student),
        GraphDistance().call(teacher, student),
    )


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e4])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_values_and_gradients_are_finite(scale, count):
    teacher = RANDOM.normal(size=(count, 4)).astype("float32")
    student = tf.constant(np.float32(scale) * teacher[:, ::-1])
    with tf.GradientTape() as tape:
        tape.watch(student)
        value = GraphDistance(neighbors=2, power=2)(teacher, student)
    assert np.isfinite(value)
    assert np.all(np.isfinite(tape.gradient(value, student)))


def test_gradient_agrees_with_finite_differences():
    teacher = RANDOM.uniform(size=(4, 3))
    distance = GraphDistance(neighbors=2, power=2, dtype="float64")
    assert_gradient(
        lambda s: distance.call(teacher, s), RANDOM.uniform(size=(4, 5))
    )


@pytest.mark.parametrize(
    "wrong", [{"power": 0}, {"power": 1.5}, {"neighbors": 0}]
)
def test_rejects_arguments(wrong):
    with pytest.raises(InputError, match="whole number >= 1"):
        GraphDistance(**wrong)
