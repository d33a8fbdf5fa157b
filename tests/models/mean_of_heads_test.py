import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.models.mean_of_heads import MeanOfHeads


def test_is_the_logarithm_of_the_mean_prediction():
    # (1/4, 3/4) and (3/4, 1/4) are (1/2, 1/2) on average.
    log3 = np.log(3.0)
    found = MeanOfHeads()([np.float32([[0, log3]]), np.float32([[log3, 0]])])
    np.testing.assert_allclose(found, np.log([[0.5, 0.5]]), rtol=1e-6)


def test_extreme_logits_are_finite():
    found = MeanOfHeads()([np.float32([[1e4, 0]]), np.float32([[0, 1e4]])])
    np.testing.assert_allclose(found, np.log([[0.5, 0.5]]), rtol=1e-5)


def test_gradient():
    other = np.float64([[0.2, -0.3]])
    layer = MeanOfHeads(dtype="float64")
    assert_gradient(lambda z: layer([z, other])[:, 0], [[0.7, 0.1]])


def test_one_head_is_our_error():
    with pytest.raises(InputError, match="at least two"):
        MeanOfHeads().build([(None, 2)])
