import numpy as np
import pytest

from tfkd.compression.bridge import check_equal

EXPECTED = np.array([[0.5, -20.0]])


def test_the_error_counts_relative_to_the_largest_output():
    # 1e-4 / 20 = 5e-6
    assert check_equal(EXPECTED, EXPECTED + 1e-4, "X") == pytest.approx(5e-6)
    with pytest.raises(RuntimeError, match=r"X must leave .* differ by 0.001"):
        check_equal(EXPECTED, EXPECTED + 2e-2, "X")


def test_small_outputs_are_compared_absolutely():
    assert check_equal([1e-9], [2e-9], "X") == pytest.approx(1e-9)


def test_not_a_number_is_a_difference():
    with pytest.raises(RuntimeError, match="differ by nan"):
        check_equal(EXPECTED, EXPECTED * np.nan, "X")


def test_another_shape_is_an_error():
    with pytest.raises(RuntimeError, match=r"from \(1, 2\) to \(2,\)"):
        check_equal(EXPECTED, EXPECTED[0], "X")
