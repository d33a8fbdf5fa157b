import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import LayerChange

RANDOM = np.random.default_rng(0)


def test_vertices_move_by_their_squared_distance():
    first = np.array([[1.0, 2.0], [0.0, 0.0]], "float32")
    second = np.array([[1.0, 4.0], [4.0, 0.0]], "float32")
    # Squares 4 and 16.
    found = LayerChange("vertices")([first, second])
    np.testing.assert_allclose(found, [[1 / 4], [1]], rtol=1e-6)


def test_the_larger_layer_is_averaged_to_the_smaller():
    # 2x2 positions of 1 channel, and 1 position of 2 channels.
    first = np.array([[1, 2, 3, 6], [0, 0, 0, 0]], "float32")
    second = np.array([[2, 6], [1, 1]], "float32")
    found = LayerChange("vertices")(
        [first.reshape(2, 2, 2, 1), second.reshape(2, 1, 1, 2)]
    )
    # Means 3 and 4, 0 and 1: both change by 1.
    np.testing.assert_allclose(found, [[1], [1]], rtol=1e-6)


def test_edges_change_by_the_square_of_their_difference():
    first = np.array([[0.0], [1.0], [2.0]], "float32")
    second = np.array([[0.0], [2.0], [2.0]], "float32")
    # Squared distances 1 4 1 of 4, and 4 4 0 of 4.
    found = LayerChange("edges")([first, second])
    expected = [[0, 9, 0], [9, 0, 1], [0, 1, 0]]
    np.testing.assert_allclose(found, np.array(expected) / 16, atol=1e-6)


@pytest.mark.parametrize("part", ["vertices", "edges"])
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e-8, 1e4, 1e30])
def test_is_finite_at_extremes(part, scale):
    x = RANDOM.normal(size=(3, 2, 2, 4)).astype("float32")
    y = RANDOM.normal(size=(3, 1, 1, 6)).astype("float32")
    taps = [np.float32(scale) * x, np.float32(scale) * y]
    transform = LayerChange(part)
    assert np.all(np.isfinite(transform(taps)))
    # A last batch of one, after the transform was built.
    assert np.all(np.isfinite(transform([t[:1] for t in taps])))


@pytest.mark.parametrize("part", ["vertices", "edges"])
def test_gradient_agrees_with_finite_differences(part):
    transform = LayerChange(part, dtype="float64")
    other = RANDOM.normal(size=(3, 1, 1, 6))
    weights = RANDOM.normal(size=(3, 1 if part == "vertices" else 3))
    assert_gradient(
        lambda x: transform([x, other]) * weights,
        RANDOM.normal(size=(3, 2, 2, 3)),
    )


def test_a_float64_transform_computes_in_float64():
    taps = [RANDOM.normal(size=(3, 4)), RANDOM.normal(size=(3, 4))]
    for part in ("vertices", "edges"):
        assert LayerChange(part, dtype="float64")(taps).dtype == "float64"


def test_rejects_parts_shapes_and_batches_of_one():
    with pytest.raises(InputError, match="part must be one of"):
        LayerChange("faces")
    with pytest.raises(InputError, match="two taps of shape"):
        LayerChange()([keras.KerasTensor((None, 4, 4, None))] * 2)
    with pytest.raises(InputError, match="batches of two or more"):
        LayerChange()([keras.KerasTensor((1, 4))] * 2)
