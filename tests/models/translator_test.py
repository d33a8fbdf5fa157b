import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.models import translator

X = np.random.default_rng(0).uniform(0, 16, (2, 8, 8, 1)).astype("float32")


def build(**arguments):
    arguments = {"value_range": (0.0, 16.0), "filters": (2, 3), **arguments}
    return translator.build((8, 8, 1), **arguments)


def test_is_the_network_written_out():
    model = build(filters=(2,), value_range=(4.0, 16.0))
    kernels = [np.asarray(w, "float64") for w in model.get_weights()]

    def conv(x, kernel, bias):
        padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
        return bias + sum(
            padded[:, i : i + 8, j : j + 8] @ kernel[i, j]
            for i in range(3)
            for j in range(3)
        )

    x = conv((X.astype("float64") - 4) / 12, *kernels[:2])
    x = np.where(x > 0, x, 0.2 * x)
    expected = 12 * conv(x, *kernels[2:]) + 4
    np.testing.assert_allclose(model(X), expected, rtol=1e-3, atol=1e-3)


def test_a_residual_one_starts_near_its_input():
    found = build(residual=True)(X)
    assert 0 < np.mean(np.abs(found - X)) < 0.5


def test_may_change_the_channels():
    assert build(channels=3)(X).shape == (2, 8, 8, 3)
    for wrong in (
        {"channels": 3, "residual": True},
        {"filters": ()},
        {"value_range": (1.0, 1.0)},
    ):
        with pytest.raises(InputError, match="A translator needs"):
            build(**wrong)
