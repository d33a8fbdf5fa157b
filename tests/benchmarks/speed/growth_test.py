"""A loss that grows too fast is told, with the reason where there is one."""

import pytest

from benchmarks.speed import growth

SETTINGS = growth.settings(quick=True)


def result(power, pairwise, layers):
    seconds = {
        axis: (end / growth.START[axis]) ** power
        for axis, end in SETTINGS["end"].items()
    }
    seconds["start"] = 1.0
    return {"seconds": seconds, "pairwise": pairwise, "layers": layers}


def row(power, pairwise=False, layers=False):
    text = growth.section({"sp": result(power, pairwise, layers)}, SETTINGS)
    return next(line for line in text.splitlines() if "`sp`" in line)


def test_a_quadratic_loss_is_not_expected():
    assert "batch: **not expected**" in row(2)
    assert "2.00" in row(2)


def test_pairs_of_examples_are_quadratic_in_the_batch_alone():
    found = row(2, pairwise=True)
    assert f"batch: {growth.PAIRS}" in found
    assert "classes: **not expected**" in found


def test_a_trained_layer_is_quadratic_in_channels_alone():
    found = row(2, layers=True)
    assert f"channels: {growth.LAYERS}" in found
    assert "batch: **not expected**" in found


@pytest.mark.parametrize("power", [0, 1])
def test_a_linear_loss_is_not_told(power):
    assert "expected" not in row(power)


def test_a_method_that_does_not_fit_says_why():
    text = growth.section({"zskd": {"unfit": "its reason."}}, SETTINGS)
    assert "Not measured: `zskd`: its reason." in text


def test_a_definition_is_that_of_a_method_and_an_axis():
    names = growth.units(growth.settings(quick=False))
    assert {key for key, _ in growth.DEFINITIONS} <= set(names)
    assert {axis for _, axis in growth.DEFINITIONS} <= set(growth.START)
