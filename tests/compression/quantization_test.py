import numpy as np
import pytest


@pytest.fixture(scope="module")
def results(legacy):
    return legacy["quantization"]


def rounded(kernel, bits, axes):
    """Symmetric quantization to 2^bits - 1 levels, the largest exact."""
    largest = np.abs(kernel).max(axis=axes, keepdims=True)
    step = largest / (2 ** (bits - 1) - 1)
    return np.round(kernel / step) * step


# What shares a scale: all but a convolution's outputs, all but the channels
# of a depthwise one (axes 2 and 3 are its outputs), everything of a dense one.
@pytest.mark.parametrize(
    ("name", "axes"),
    [("conv", (0, 1, 2)), ("depthwise", (0, 1)), ("logits", (0, 1))],
)
@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("when", ["stored", "training"])
def test_kernels_are_rounded_by_channel(results, name, axes, bits, when):
    found = results["weights"][f"{name}{bits}"]
    kernel, received = np.array(found["float"]), np.array(found[when])
    expected = rounded(kernel, bits, axes)
    # Halves may be rounded the other way in float32.
    step = np.abs(kernel).max() / (2 ** (bits - 1) - 1)
    assert np.abs(received - expected).max() < 1.01 * step
    np.testing.assert_allclose(received, expected, atol=1e-5)
    assert np.abs(received - kernel).max() > 0


def test_ranges_start_as_those_of_the_float_twin(results):
    low, high = results["reached"]
    assert low == 0
    assert high > 0.1
    np.testing.assert_allclose(results["range"], [low, high], rtol=1e-6)


def test_before_training_it_answers_as_the_float_model(results):
    expected = np.array(results["expected"])
    error = np.abs(np.array(results["logits"]) - expected).max()
    assert 0 < error < 0.05 * np.abs(expected).max()


def test_what_the_converter_merges_has_no_range(results):
    assert results["merged"] == ["conv", "depthwise"]
    # Its values are those of its input.
    assert results["unwrapped"] == ["flat"]


def test_the_fixed_scaling_is_not_trained(results, legacy):
    # Kernel and bias of conv and logits; of the depthwise one too.
    assert results["trainable"] == 6
    assert legacy["training"]["learning"]["moved"] == {
        "scaled": False,
        "conv": True,
        "depthwise": True,
        "logits": True,
    }
