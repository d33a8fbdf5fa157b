import numpy as np
import pytest


@pytest.fixture(scope="module")
def results(legacy):
    return legacy["sparsity"]


def test_zeros_come_along_a_cubic_curve(results):
    # 50 steps, choices in the first 30, reported every 5: at step t the share
    # is 3/4 (1 - (1 - t/30)^3), of 216 weights, to the nearest one.
    shares = np.array(results["shares"])
    step = np.minimum(np.arange(5, 51, 5), 30)
    expected = 0.75 * (1 - (1 - step / 30) ** 3)
    np.testing.assert_allclose(shares, expected, atol=1.1 / 216)
    assert shares[-1] == 0.75


def test_stripped_weights_have_the_zeros(results):
    kernel = np.array(results["pruned"])
    assert np.mean(kernel == 0) == 0.75
    assert results["names"] == ["conv", "logits"]
    assert results["kept"] == {"conv": ["zeros"], "logits": ["zeros"]}


def test_quantization_aware_training_keeps_them_and_moves_the_rest(results):
    before, after = np.array(results["pruned"]), np.array(results["after_qat"])
    np.testing.assert_array_equal(before == 0, after == 0)
    # Some read pixels that no ReLU lets through.
    assert np.mean(before[before != 0] != after[before != 0]) > 0.5


def test_two_of_four_along_the_input_are_zero(results):
    kernel = np.array(results["two_by_four"])
    zeros = (kernel.T.reshape(-1, 4) == 0).sum(axis=1)
    np.testing.assert_array_equal(zeros, 2)


def test_a_model_without_a_large_kernel_is_refused(results):
    pruned, four, _ = results["errors"]
    assert pruned.startswith("Pruning needs a kernel with at least 64 weights;")
    assert "at least 64 weights and input channels in fours" in four
