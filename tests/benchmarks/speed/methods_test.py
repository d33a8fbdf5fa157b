"""What the table of methods says, of seconds that are made up."""

import pytest

from benchmarks.speed import methods


def row(key, seconds, teachers=1):
    times = {"plain": 1.0, "forward": 0.5, "method": seconds}
    result = {
        "teachers": teachers,
        "seconds": {n: {"cpu": [s], "wall": [s]} for n, s in times.items()},
    }
    text = methods.section({key: result}, methods.settings(False))
    line = next(line for line in text.splitlines() if f"`{key}`" in line)
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize(
    ("teachers", "passes"), [(0, "3.00"), (1, "2.00"), (2, "1.50")]
)
def test_a_step_is_compared_with_the_passes_of_its_networks(teachers, passes):
    # 3 over 1, 1 + 0.5 and 1 + 2 0.5.
    cells = row("hinton_kd", 3.0, teachers)
    assert cells[2].startswith("3.00")
    assert cells[3].startswith(passes)


def test_what_is_dear_without_a_known_reason_is_not_expected():
    assert row("hinton_kd", 3.0)[-1] == "**not expected**"
    assert row("jacobian", 3.0)[-1] == methods.REASONS["jacobian"]
    assert row("hinton_kd", 1.5)[-1] == ""


def test_a_reason_is_that_of_a_method():
    names = methods.units(methods.settings(False))
    assert set(methods.REASONS) <= set(names)
