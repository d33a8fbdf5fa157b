import keras
import numpy as np
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.losses import KnownMaps

# Two images of 1x2 pixels, two maps; the second image's maps are not known,
# nor is the first one's second map.
TRUTH = np.float32([[[[1, -1], [0, -1]]], [[[-1, 0], [-1, 0]]]])
FOUND = np.float32([[[[3, 5], [1, 5]]], [[[2, 2], [2, 2]]]])


def test_maps_that_are_not_known_count_nothing():
    # (2^2 + 1^2) over 2 pixels and 2 maps.
    found = KnownMaps(reduction="none")(TRUTH, FOUND)
    np.testing.assert_allclose(found, [5 / 4, 0])


def test_is_the_squared_error_where_all_is_known():
    random = np.random.default_rng(0)
    t, s = random.uniform(0.1, 1, (2, 3, 2, 2, 2)).astype("float32")
    expected = keras.losses.MeanSquaredError()(t, s)
    np.testing.assert_allclose(KnownMaps()(t, s), expected, rtol=1e-6)


def test_gradient():
    loss = KnownMaps(dtype="float64")
    truth = tf.constant(TRUTH, "float64")
    assert_gradient(lambda x: loss.call(truth, x), FOUND)
