import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.models import sequence_layers


def test_padding_is_one_number():
    tokens = np.array([[3, 0, 1]])
    found = sequence_layers.PaddingMask()(tokens)
    np.testing.assert_array_equal(found, [[True, False, True]])
    found = sequence_layers.PaddingMask(padding=1)(tokens)
    np.testing.assert_array_equal(found, [[True, True, False]])


def test_positions_have_vectors_of_their_own():
    layer = sequence_layers.PositionEmbedding()
    x = np.ones((2, 3, 4), "float32")
    found = layer(x)
    np.testing.assert_allclose(found, x + np.asarray(layer.embedding))
    assert layer.embedding.shape == (3, 4)


def test_a_contraction_is_a_scaled_einsum():
    layer = sequence_layers.Contraction("bi,bi->b", scale=0.5)
    # (1 * 3 + 2 * 4) / 2 = 5.5
    found = layer([np.float32([[1, 2]]), np.float32([[3, 4]])])
    np.testing.assert_allclose(found, [5.5])
    copy = sequence_layers.Contraction.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()


def test_the_first_position():
    x = np.arange(6, dtype="float32").reshape(1, 3, 2)
    np.testing.assert_array_equal(
        sequence_layers.FirstPosition()(x), [[0.0, 1.0]]
    )


def test_padding_has_no_share_of_scores():
    scores = np.float32([[1, 2, 9]])
    mask = np.array([[True, True, False]])
    found = sequence_layers.MaskedScores(dtype="float32")([scores, mask])
    np.testing.assert_array_equal(found, [[1, 2, -1e9]])


def test_an_unknown_length_is_our_error():
    with pytest.raises(InputError, match="a known length"):
        sequence_layers.PositionEmbedding().build((None, None, 4))
