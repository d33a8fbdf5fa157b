"""What the table of methods with data of their own has, and what it says."""

import numpy as np
import pytest

from benchmarks.speed import methods
from benchmarks.speed import own_cases
from tests.conformance import harness
from tfkd import methods as registry

SETTINGS = own_cases.settings(False)


def test_each_method_is_in_one_of_both_tables():
    first = methods.units(methods.settings(False))
    second = own_cases.units(SETTINGS)
    assert sorted([*first, *second]) == sorted(registry.names())


def cells(**seconds):
    """Returns the row of `{name: (seconds at 32, at 128)}`."""
    found = {
        f"{name}, {size}": {"cpu": [value], "wall": [value]}
        for name, values in seconds.items()
        for size, value in zip((32, 128), values)
    }
    result = {"seconds": found, "teachers": 1}
    text = own_cases.section({"det_kd": result}, SETTINGS)
    line = next(line for line in text.splitlines() if "`det_kd`" in line)
    return [cell.strip() for cell in line.strip("|").split("|")][2:]


def test_a_step_is_compared_with_passes_and_with_itself_on_more_examples():
    found = cells(method=(6.0, 96.0), plain=(2.0, 8.0), forward=(4.0, 4.0))
    # 6 / 2; 6 / (2 + 4); 16 times for a batch of 4 times; 4 times.
    assert found[0].startswith("3.00")
    assert found[1].startswith("1.00")
    assert found[2:4] == ["2.00", "1.00"]
    assert found[4] == "**not expected**"


def test_what_grows_as_its_networks_do_needs_no_reason():
    found = cells(method=(6.0, 24.0), plain=(2.0, 8.0), forward=(4.0, 16.0))
    assert found[2:] == ["1.00", "1.00", ""]


def test_what_cannot_run_alone_leaves_its_cells_empty():
    assert cells(method=(6.0, 24.0))[:4] == ["", "", "1.00", ""]
    assert cells(method=(6.0, 24.0), plain=(2.0, 8.0))[1] == ""


def test_reasons_are_those_of_methods_in_the_table():
    assert set(own_cases.REASONS) <= set(own_cases.units(SETTINGS))


def test_examples_repeat_in_every_view():
    x, _ = harness.first_examples("lowlight_pedestrian", 50)
    for view in (x["student"], x["teacher"]):
        assert view.shape[0] == 50
        np.testing.assert_array_equal(view[0], view[21])
    assert x["teacher"].shape[-1] == 2


@pytest.mark.parametrize("key", ["ddflow", "zskt"])
def test_a_method_is_measured_with_what_runs_alone(key):
    quick = {**own_cases.settings(True), "batch_sizes": [4, 8]}
    names = own_cases.measure(key, quick)["seconds"]
    assert {"method, 4", "method, 8"} <= set(names)
    assert ("plain, 4" in names) == (key == "zskt")
