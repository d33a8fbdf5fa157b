import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import GatedEnsemble


def test_sums_logits_as_the_gate_decides():
    # relu (-5, ln 3) = (0, ln 3): shares 1/4 and 3/4.
    # z_e = 1/4 (4, 8) + 3/4 (8, 0) = (7, 2).
    gate = np.array([[-5.0, np.log(3.0)]], "float32")
    logits = [np.array([[4.0, 8.0]], "float32"), np.array([[8.0, 0.0]], "f4")]
    found = GatedEnsemble().combine(gate, logits)
    np.testing.assert_allclose(found, [[7.0, 2.0]], rtol=1e-6)


def test_the_gate_reads_the_mean_over_positions():
    layer = GatedEnsemble()
    random = np.random.default_rng(0)
    x = random.normal(size=(3, 2, 2, 4)).astype("float32")
    logits = [random.normal(size=(3, 5)).astype("float32") for _ in range(2)]
    found = layer([x, *logits])
    # Fresh moving statistics: mean 0, variance 1, epsilon 1e-3.
    gate = x.mean((1, 2)) @ np.asarray(layer.dense.kernel) / np.sqrt(1.001)
    np.testing.assert_allclose(found, layer.combine(gate, logits), 1e-5, 1e-6)
    np.testing.assert_allclose(
        layer([x.mean((1, 2)), *logits]), found, rtol=1e-5, atol=1e-6
    )


def test_the_gate_may_read_normalized_features_and_have_no_relu():
    layer = GatedEnsemble(normalize_first=True)
    random = np.random.default_rng(0)
    x = random.normal(size=(3, 4)).astype("float32")
    logits = [random.normal(size=(3, 5)).astype("float32") for _ in range(2)]
    found = layer([x, *logits])
    kernel, bias = layer.dense.get_weights()
    gate = x / np.sqrt(1.001) @ kernel + bias
    assert np.any(gate < 0)
    np.testing.assert_allclose(found, layer.combine(gate, logits), 1e-5, 1e-6)
    assert layer.normalization.gamma.shape == (4,)


def test_gradient_of_the_gate():
    random = np.random.default_rng(0)
    logits = [random.normal(size=(3, 5)) for _ in range(2)]
    weights = random.normal(size=(3, 5))
    layer = GatedEnsemble(dtype="float64")
    assert_gradient(
        lambda g: layer.combine(g, logits) * weights,
        random.uniform(0.1, 1, size=(3, 2)),
    )


def test_one_branch_is_an_error():
    with pytest.raises(InputError, match="at least two branches"):
        GatedEnsemble()([np.ones((2, 3), "f4"), np.ones((2, 4), "f4")])


def test_round_trip():
    layer = GatedEnsemble(name="gate")
    again = GatedEnsemble.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
