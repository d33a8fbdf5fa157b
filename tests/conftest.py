"""What every test has: names that workers agree on, and seeds."""

import random
import sys

import numpy as np
import pytest


def pytest_make_parametrize_id(config, val, argname):
    """Names bytes by their argument: workers must agree on test names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def _seeded():
    """Makes a test's random numbers independent of the tests before it."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)
