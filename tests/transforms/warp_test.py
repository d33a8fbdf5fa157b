import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.transforms.warp import as_flow
from tfkd.transforms.warp import visible
from tfkd.transforms.warp import warp

# One row of four pixels.
ROW = np.array([1.0, 2.0, 4.0, 8.0], "float32").reshape(1, 1, 4, 1)


def row(values):
    """A flow along columns."""
    found = np.zeros((1, 1, 4, 2), "float32")
    found[0, 0, :, 0] = values
    return found


def test_whole_and_half_pixels_and_the_border():
    # 1 + 0.5 lies between 2 and 4; 3 + 5 is outside: the last pixel.
    found = warp(ROW, row([1.0, 0.5, -2.0, 5.0]))
    np.testing.assert_allclose(np.ravel(found), [2.0, 3.0, 1.0, 8.0])


def test_rows_come_second():
    image = np.float32([[1.0], [2.0]]).reshape(1, 2, 1, 1)
    flow = np.zeros((1, 2, 1, 2), "float32")
    flow[..., 1] = 1.0
    np.testing.assert_allclose(np.ravel(warp(image, flow)), [2.0, 2.0])


def test_a_disparity_points_to_the_left():
    disparity = np.ones((1, 1, 4, 1), "float32")
    np.testing.assert_allclose(np.ravel(warp(ROW, disparity)), [1, 1, 2, 4])
    np.testing.assert_allclose(as_flow(disparity)[0, 0, 0], [-1.0, 0.0])
    assert as_flow(row(1.0)).shape == (1, 1, 4, 2)


def test_gradients_reach_image_and_flow():
    random = np.random.default_rng(0)
    image = random.normal(size=(1, 3, 4, 2))
    # Away from whole pixels, where the gradient jumps.
    flow = random.uniform(0.2, 0.8, (1, 3, 4, 2)) - 1.0
    weight = tf.constant(random.normal(size=(1, 3, 4, 2)))
    assert_gradient(lambda f: weight * warp(tf.constant(image), f), flow)
    assert_gradient(lambda i: weight * warp(i, tf.constant(flow)), image)


def test_what_does_not_lead_back_is_hidden():
    # Pixel 0 goes to 2, of which the way back is -2: |0|^2 <= 0.01 * 8 + 0.5.
    # Pixel 1 stays, and 1 goes back to 3: 2^2 > 0.01 * 4 + 0.5.
    forward, backward = row([2.0, 0.0, 0.0, 0.0]), row([0.0, 2.0, -2.0, 0.6])
    found = visible(forward, backward)
    # Pixel 2 stays: (-2)^2 > 0.54. Pixel 3: 0.36 <= 0.5036.
    np.testing.assert_array_equal(np.ravel(found), [1, 0, 0, 1])
    strict = visible(forward, backward, absolute=0.1)
    np.testing.assert_array_equal(np.ravel(strict), [1, 0, 0, 0])


def test_what_leaves_the_image_is_hidden_but_for_small_motions():
    # All move alike and back: only the border says who is hidden.
    for motion, expected in ((2.0, [1, 1, 0, 0]), (0.7, [1, 1, 1, 1])):
        found = visible(row([motion] * 4), row([-motion] * 4))
        np.testing.assert_array_equal(np.ravel(found), expected)


def test_extremes_are_finite():
    for scale in (0.0, 1e-30, 1e30):
        flow = tf.constant(np.full((1, 1, 4, 2), scale, "float32"))
        with tf.GradientTape() as tape:
            tape.watch(flow)
            value = warp(ROW, flow)
        assert np.all(np.isfinite(value))
        assert np.all(np.isfinite(tape.gradient(value, flow)))


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32"])
def test_images_and_displacements_may_differ_in_precision(dtype):
    image = keras.ops.cast(np.arange(6.0).reshape(1, 2, 3, 1), dtype)
    flow = np.broadcast_to(np.float32([0.5, 0.0]), (1, 2, 3, 2))
    found = warp(image, keras.ops.convert_to_tensor(flow))
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    # Half a pixel to the right, and the border.
    expected = [0.5, 1.5, 2.0, 3.5, 4.5, 5.0]
    np.testing.assert_allclose(np.ravel(found), expected, rtol=1e-6)
