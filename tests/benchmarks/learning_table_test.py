import importlib
import pathlib

import pytest

FOLDER = pathlib.Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def table(monkeypatch):
    """The module, which is of a script: its neighbours are on the path."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("learning_table")


def runs(name, *scores):
    return {
        f"test/{name}/{seed}": {"accuracy": score, "cpu_seconds": 1.0}
        for seed, score in enumerate(scores)
    }


def test_the_page_says_which_gains_three_seeds_tell_from_chance(table):
    results = {
        **runs("control:digits", 0.88, 0.90, 0.92),
        **runs("at", 0.90, 0.92, 0.94),
        **runs("hinton_kd", 0.90, 0.90, 0.96),
    }
    said = " ".join(table.render(results).split())
    # sqrt(.99 * .01 / 500) = 0.0044; with 0.9 and 0.1 it is 0.0134.
    assert "0.4 points at 99 %, 1.3 at 90 % and 2.2 at 50 %" in said
    # t(2, 97.5 %) = 4.303, divided by sqrt(3). The gains of `at` do not
    # differ; those of `hinton_kd` are 2, 0 and 4: 2.0 +- 5.0.
    assert "2.5 times the standard deviation, and 1 of 2 gains" in said
    assert "3 do not say where" not in said
    assert "9 do not say where" in said


def test_what_shows_no_gain_is_told_by_the_numbers(table):
    results = {
        **runs("control:digits", 0.88, 0.90, 0.92),
        # Gains of 2 +- 0 and of 2 +- 2: `alpsn` has a remark, `nst` none.
        **runs("vid", 0.90, 0.92, 0.94),
        **runs("alpsn", 0.90, 0.90, 0.96),
        **runs("nst", 0.90, 0.90, 0.96),
    }
    page = table.render(results)
    _, _, said = page.partition("## Where a method does not gain here")
    assert "of 2 of 3 methods is not above" in " ".join(said.split())
    assert "- `nst`: not explained" in said
    assert "- `alpsn`: likely" in said
    assert "`vid`" not in said
