import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.metrics import cka


def features(count=12, width=5, seed=0):
    return np.random.default_rng(seed).normal(size=(count, width))


def feature_form(x, y):
    """Kornblith et al., Sec 3: ||Y^T X||^2 / (||X^T X|| ||Y^T Y||)."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    across = np.linalg.norm(y.T @ x) ** 2
    return across / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


def unbiased_hsic(k, m):
    """Song et al. 2012, term by term; diagonals are zero."""
    n = len(k)
    k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
    one = np.ones(n)
    return (
        np.trace(k @ m)
        + (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
        - 2 / (n - 2) * (one @ k @ m @ one)
    ) / (n * (n - 3))


def test_the_biased_estimate_is_the_feature_form():
    x, y = features(), features(width=3, seed=1)
    found = cka.linear_cka(x, y, debiased=False)
    np.testing.assert_allclose(found, feature_form(x, y), rtol=1e-10)


def test_the_debiased_estimate_is_songs_hsic_normalized():
    x, y = features(), features(width=3, seed=1) + features(width=3)
    k, m = x @ x.T, y @ y.T
    expected = unbiased_hsic(k, m) / np.sqrt(
        unbiased_hsic(k, k) * unbiased_hsic(m, m)
    )
    np.testing.assert_allclose(cka.linear_cka(x, y), expected, rtol=1e-10)


def test_by_hand_two_features_that_share_one_direction():
    # Centred columns of X: (1,1,-1,-1) and (1,-1,1,-1); Y is the first one.
    # ||Y^T X||^2 = 4^2, ||X^T X|| = sqrt(4^2 + 4^2), ||Y^T Y|| = 4: 1/sqrt 2.
    x = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    found = cka.linear_cka(x, x[:, :1], debiased=False)
    assert found == pytest.approx(1 / np.sqrt(2), rel=1e-12)


@pytest.mark.parametrize("debiased", [True, False])
def test_rotation_shift_and_scale_change_nothing(debiased):
    x = features()
    rotation, _ = np.linalg.qr(features(5, 5, seed=2))
    moved = 1e6 * (x @ rotation) + 3.0
    assert cka.linear_cka(x, moved, debiased=debiased) == pytest.approx(1)


def test_more_features_than_examples_make_strangers_alike_but_for_the_bias():
    x, y = features(20, 2000), features(20, 2000, seed=1)
    assert cka.linear_cka(x, y, debiased=False) > 0.95
    assert abs(cka.linear_cka(x, y)) < 0.2


def test_maps_are_flattened_and_columns_read_in_parts(monkeypatch):
    x, y = features(8, 30), features(8, 7, seed=1)
    whole = cka.linear_cka(x, y)
    monkeypatch.setattr(cka, "COLUMNS", 4)
    maps = x.reshape(8, 2, 3, 5)
    assert cka.linear_cka(maps, y) == pytest.approx(whole, rel=1e-12)


def test_matrix_has_a_row_for_each_first_layer():
    layers = [features(), features(width=2, seed=1), features(seed=2)]
    found = cka.cka_matrix(layers, layers[:2])
    assert found.shape == (3, 2)
    np.testing.assert_allclose([found[0, 0], found[1, 1]], 1, rtol=1e-12)
    assert found[2, 1] == pytest.approx(cka.linear_cka(layers[2], layers[1]))


def test_a_layer_that_answers_all_alike_has_no_alignment():
    constant = np.full((12, 3), 0.1, np.float32)
    assert np.isnan(cka.linear_cka(constant, features()))


def test_mistakes_are_told():
    with pytest.raises(InputError, match="at least 4 examples, received 3"):
        cka.linear_cka(features(3), features(3))
    with pytest.raises(InputError, match=r"same examples, received \[5, 6\]"):
        cka.linear_cka(features(5), features(6))
    with pytest.raises(InputError, match="finite features"):
        cka.linear_cka(features() * np.nan, features())
