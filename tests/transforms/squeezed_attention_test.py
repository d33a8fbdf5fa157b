import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import SqueezedAttention

RANDOM = np.random.default_rng(0)


def test_is_the_weighted_sum_by_hand():
    layer = SqueezedAttention()
    layer.build([(None, 1, 2, 1), (None, 2)])
    layer.kernel.assign([[1.0, 0.0]])
    layer.query.assign([[1.0], [0.0]])
    maps = np.array([[[[0.0], [np.log(3.0)]]]], "float32")
    # Local features (0, 0) and (ln 3, 0); scores g + 0 and g + ln 3, whatever
    # g is: weights 1/4 and 3/4.
    for answer in (0.0, 5.0):
        found = layer([maps, np.array([[answer, 1.0]], "float32")])
        np.testing.assert_allclose(found, [[0.75 * np.log(3), 0]], rtol=1e-6)


def test_is_as_wide_as_the_logits_and_a_mean_where_scores_agree():
    layer = SqueezedAttention()
    maps = RANDOM.normal(size=(2, 3, 4, 5)).astype("float32")
    layer.build([maps.shape, (2, 6)])
    layer.query.assign(np.zeros((6, 1)))
    found = layer([maps, np.ones((2, 6), "float32")])
    expected = maps.mean((1, 2)) @ np.asarray(layer.kernel)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_gradient_agrees_with_finite_differences():
    layer = SqueezedAttention(dtype="float64")
    answer = RANDOM.normal(size=(2, 3))
    maps = RANDOM.normal(size=(2, 2, 2, 4))
    layer.build([maps.shape, answer.shape])
    assert_gradient(lambda t: layer([t, answer]) ** 2, maps)


@pytest.mark.parametrize("scale", [1e-8, 1e4])
def test_extremes_are_finite(scale):
    maps = scale * RANDOM.normal(size=(2, 3, 3, 4)).astype("float32")
    answer = scale * RANDOM.normal(size=(2, 3)).astype("float32")
    found = SqueezedAttention()([maps, answer])
    assert np.all(np.isfinite(found))


def test_other_taps_are_our_error():
    for shape in ((None, 4, 4, 2), [(None, 5), (None, 2)]):
        with pytest.raises(InputError, match="needs two taps"):
            SqueezedAttention().build(shape)
