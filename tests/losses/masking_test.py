import numpy as np

from tfkd.losses import masking


def test_only_valid_positions_count():
    values = np.array([[1.0, 3.0, 8.0], [5.0, 6.0, 7.0]], "float32")
    valid = np.array([[True, True, False], [False, False, False]])
    # (1 + 3) / 2 = 2; nothing counts: 0.
    np.testing.assert_array_equal(masking.mean_where(values, valid), [2, 0])


def test_all_positions_count_without_a_mask():
    values = np.array([[1.0, 3.0, 8.0]], "float32")
    np.testing.assert_array_equal(masking.mean_where(values, None), [4])
