"""What every test has: names that workers agree on, and seeds."""

import gc
import random
import re
import sys

import numpy as np
import pytest

from tfkd import methods


def pytest_make_parametrize_id(config, val, argname):
    """Names bytes by their argument: workers must agree on test names."""
    return argname if isinstance(val, bytes) else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keeps a file's tests in one worker; of conformance, a family's.

    Conformance is half of all work, and would keep one worker busy alone.
    """
    from xdist.scheduler import LoadFileScheduling

    families = {key: methods.get(key).section for key in methods.names()}

    class LoadFamilyScheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            found = re.search(r"/conformance_test\.py::\w+\[(\w+)", nodeid)
            family = families.get(found[1], "") if found else ""
            return super()._split_scope(nodeid) + family

    return LoadFamilyScheduling(config, log)


@pytest.fixture(autouse=True)
def _seeded():
    """Makes a test's random numbers independent of the tests before it."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)


def pytest_collection_finish():
    """Garbage collection passes over what was imported: it stays anyway."""
    gc.collect()
    gc.freeze()
