import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import PositionAffinity


def test_is_the_cosine_of_every_two_positions():
    # Positions (3, 4), (0, 2), (0, 0), (-6, -8); norms 5, 2, 0, 10.
    x = np.float32([[[[3, 4], [0, 2]], [[0, 0], [-6, -8]]]])
    expected = [
        [1.0, 0.8, 0.0, -1.0],
        [0.8, 1.0, 0.0, -0.8],
        [0.0, 0.0, 0.0, 0.0],
        [-1.0, -0.8, 0.0, 1.0],
    ]
    np.testing.assert_allclose(PositionAffinity()(x)[0], expected, rtol=1e-6)


@pytest.mark.parametrize("pool", ["average", "max"])
def test_pools_patches_to_nodes(pool):
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
    patches = x.astype("float64").reshape(2, 2, 2, 2, 2, 3)
    reduce = np.mean if pool == "average" else np.max
    nodes = reduce(patches, axis=(2, 4)).reshape(2, 4, 3)
    nodes = nodes / np.linalg.norm(nodes, axis=-1, keepdims=True)
    found = PositionAffinity((2, 2), pool)(x)
    expected = nodes @ nodes.transpose(0, 2, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_gradient():
    weights = np.random.default_rng(1).normal(size=(1, 4, 4))
    transform = PositionAffinity(dtype="float64")
    x = np.random.default_rng(0).normal(size=(1, 2, 2, 3))
    assert_gradient(lambda t: transform(t) * weights, x)


@pytest.mark.parametrize("scale", [1e-8, 1e4])
def test_does_not_depend_on_the_scale(scale):
    x = np.random.default_rng(0).normal(size=(1, 2, 2, 3)).astype("float32")
    np.testing.assert_allclose(
        PositionAffinity()(x * scale), PositionAffinity()(x), rtol=1e-5
    )


def test_round_trip():
    transform = PositionAffinity((2, 2), "average", detach_norm=True)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(transform)
    )
    assert copy.get_config() == transform.get_config()


def test_rejects_other_pools():
    with pytest.raises(InputError, match="pool must be 'max' or 'average'"):
        PositionAffinity(pool="min")


def test_rejects_vectors():
    with pytest.raises(InputError, match="needs a map"):
        PositionAffinity()(np.ones((2, 3), "float32"))
