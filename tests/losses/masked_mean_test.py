import numpy as np

from tfkd.losses.masked_mean import masked_mean

VALUES = np.array([[[[1.0, 3.0]], [[8.0, 0.0]]], [[[5.0, 7.0]], [[1.0, 1.0]]]])
VALUES = VALUES.astype("float32")


def test_is_the_mean_without_a_mask():
    np.testing.assert_allclose(masked_mean(VALUES), [3.0, 3.5])


def test_mean_over_the_batch_is_that_of_what_counts():
    mask = np.float32([1, 0, 1, 1]).reshape(2, 2, 1, 1)
    found = np.asarray(masked_mean(VALUES, mask))
    # Means of channels 2, 6 and 1, over three positions.
    np.testing.assert_allclose(found.mean(), (2 + 6 + 1) / 3, rtol=1e-6)
    # 2 / (3 / 2) and 7 / (3 / 2).
    np.testing.assert_allclose(found, [4 / 3, 14 / 3], rtol=1e-6)


def test_nothing_that_counts_is_zero_and_infinities_are_hidden():
    mask = np.zeros((2, 2, 1, 1), "float32")
    np.testing.assert_array_equal(masked_mean(VALUES, mask), [0.0, 0.0])
    broken = VALUES.copy()
    broken[0, 1] = np.inf
    mask[0, 0] = 1
    np.testing.assert_array_equal(masked_mean(broken, mask), [4.0, 0.0])
