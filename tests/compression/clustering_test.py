import numpy as np
import pytest


@pytest.fixture(scope="module")
def results(legacy):
    return legacy["clustering"]


def test_stripped_weights_have_few_values(results):
    assert results["names"] == ["conv", "logits"]
    kernel = np.array(results["kernel"])
    assert kernel.shape == (72, 3)
    assert 4 <= len(np.unique(kernel)) <= 8
    assert results["bias"] == 3


def test_it_learns(results):
    assert results["losses"][-1] < results["losses"][0]


def test_quantization_aware_training_keeps_them_and_moves_them(results):
    before, after = np.array(results["kernel"]), np.array(results["after_qat"])
    values, members = np.unique(before, return_inverse=True)
    members = members.reshape(before.shape)
    for index in range(len(values)):
        assert len(np.unique(after[members == index])) == 1
    assert not np.array_equal(before, after)
    # A scale a channel would make many integers of one value.
    assert not results["per_axis"]


def test_pruned_weights_stay_pruned(results):
    kernel = np.array(results["both"])
    assert np.mean(kernel == 0) >= 0.5
    assert len(np.unique(kernel)) <= 8
    assert results["kept"] == ["zeros", "clusters"]


def test_a_model_without_a_large_kernel_is_refused(legacy):
    message = legacy["sparsity"]["errors"][2]
    assert "16 values needs a kernel with at least 64 weights" in message
    assert "fewer `clusters`" in message
