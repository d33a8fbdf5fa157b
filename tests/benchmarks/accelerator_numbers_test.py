import numpy as np
import pytest

from benchmarks import accelerator_numbers as numbers
from benchmarks.speed import store as store_lib
from tfkd.errors import InputError


@pytest.fixture
def store(tmp_path):
    return store_lib.Store(tmp_path / "found.json", tmp_path / "lock")


def save(store, key, result):
    entry = {"result": result, "device": "G", "machine": "M."}
    store.save(numbers.NAME, key, numbers.SETTINGS, entry)


def off(*values):
    loose, full = ({"step": v, "loss": v / 10} for v in values)
    return dict(zip(numbers.PRECISIONS, (loose, full), strict=True))


def test_the_page_has_the_worst_first_and_says_what_is_missing(store):
    save(store, "at", off(0.002, 1e-6))
    save(store, "rkd", off(0.2, 1e-5))
    save(store, "dafl", {"unfit": "it needs TensorFlow."})
    save(store, "crd", {"failed": "KeyError: 'loss'"})
    page = numbers.page(store)
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [
        "| `rkd` | **2.0e-01** | **2.0e-02** | 1.0e-05 | 1.0e-06 | not known |",
        "| `at` | 2.0e-03 | 2.0e-04 | 1.0e-06 | 1.0e-07 |  |",
    ]
    assert "as it comes: 1 of 2 methods take the CPU's step to 1%" in page
    assert "in full precision: 2 of 2 methods" in page
    assert "`dafl`: it needs TensorFlow." in page
    assert "`crd`: KeyError: 'loss'" in page
    assert "`hinton_kd`" in page
    assert "has not come to it" in page
    assert page.endswith("G. M.\n")


def test_what_is_no_number_is_off_and_comes_first(store):
    save(store, "at", off(0.2, 1e-6))
    save(store, "rkd", off(float("nan"), 1e-5))
    page = numbers.page(store)
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows[0].startswith("| `rkd` | **nan** | **nan** | 1.0e-05 |")
    assert rows[0].endswith("| not known |")
    assert "as it comes: 0 of 2 methods" in page
    assert "worst inf" in page


def test_off_is_relative_to_the_reference():
    reference = (2.0, np.array([3.0, 4.0]))
    found = numbers._off((1.0, np.array([3.0, 3.0])), reference)
    assert found == {"loss": 0.5, "step": 0.2}


def test_tensorflow_is_told_before_anything_is_measured():
    with pytest.raises(InputError, match="Set KERAS_BACKEND=jax"):
        numbers.main([])
