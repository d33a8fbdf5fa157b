import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import PeerAttention

RANDOM = np.random.default_rng(0)


def built(peers=2, channels=2, units=1, **arguments):
    layer = PeerAttention(units, **arguments)
    layer.build([(None, channels)] * peers + [(None, 3)] * peers)
    return layer


def test_mixes_logits_by_query_and_key():
    # q = h . (1, 0), k = h . (0, 1). h_1 = (ln 3, 0), h_2 = (0, 1):
    # q_1 k = (0, ln 3): shares 1/4, 3/4; q_2 k = (0, 0): 1/2, 1/2.
    layer = built()
    layer.query.assign([[1.0], [0.0]])
    layer.key.assign([[0.0], [1.0]])
    h = [np.float32([[np.log(3.0), 0.0]]), np.float32([[0.0, 1.0]])]
    z = [np.float32([[4.0, 0.0, 8.0]]), np.float32([[0.0, 8.0, 4.0]])]
    first, second = layer([*h, *z])
    np.testing.assert_allclose(first, [[1.0, 6.0, 5.0]], rtol=1e-6)
    np.testing.assert_allclose(second, [[2.0, 4.0, 6.0]], rtol=1e-6)


def test_maps_are_averaged_over_positions():
    layer = built(units=None, channels=16)
    assert layer.query.shape == (16, 2)
    maps = list(RANDOM.normal(size=(2, 4, 3, 3, 16)).astype("float32"))
    logits = list(RANDOM.normal(size=(2, 4, 3)).astype("float32"))
    vectors = [x.mean((1, 2)) for x in maps]
    for found, expected in zip(
        layer([*maps, *logits]), layer([*vectors, *logits])
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_gradient_of_the_attention():
    layer = built(peers=3, channels=4, units=2, dtype="float64")
    weights = RANDOM.normal(size=(2, 3, 3))
    assert_gradient(
        lambda h: layer.attention(h) * weights, RANDOM.normal(size=(2, 3, 4))
    )


def test_large_features_stay_finite():
    layer = built()
    h = [np.float32([[1e4, -1e4]]), np.float32([[-1e4, 1e4]])]
    z = [np.float32([[1e4, 0.0, -1e4]])] * 2
    for found in layer([*h, *z]):
        np.testing.assert_allclose(found, z[0], rtol=1e-6)


@pytest.mark.parametrize(
    "shapes",
    [
        [(None, 2), (None, 3)],
        [(None, 2), (None, 4), (None, 3), (None, 3)],
        [(None, 2)] * 3 + [(None, 3)] * 2,
    ],
)
def test_peers_that_do_not_fit_are_our_error(shapes):
    with pytest.raises(InputError, match="features of one width"):
        PeerAttention().build(shapes)


def test_round_trip():
    layer = PeerAttention(5)
    assert PeerAttention.from_config(layer.get_config()).units == 5
