"""The command of the speed benchmarks, without measuring anything."""

import importlib
import json

import pytest

from benchmarks.speed import __main__ as main
from benchmarks.speed import store as store_lib
from tfkd.errors import InputError


@pytest.mark.parametrize("name", main.MEASUREMENTS)
@pytest.mark.parametrize("quick", [True, False])
def test_a_measurement_says_what_its_numbers_depend_on(name, quick):
    module = importlib.import_module(f"benchmarks.speed.{name}")
    settings = module.settings(quick)
    json.dumps(settings)
    units = module.units(settings)
    assert units
    assert len(set(units)) == len(units)
    assert module.TITLE


class Fake:
    """A measurement with two units, of which one fails."""

    TITLE = "Fake"

    def settings(self, quick):
        return {"quick": quick}

    def units(self, settings):
        return ["good", "bad"]

    def measure(self, unit, settings):
        if unit == "bad":
            raise ValueError("no luck")
        return {"value": 1}


def test_what_is_done_is_not_measured_again_and_what_failed_is(tmp_path):
    store = store_lib.Store(tmp_path / "speed.json", tmp_path / "lock")
    fake = {"fake": Fake()}
    arguments = main._parse(["--quick"])
    arguments.only = ["fake"]
    assert main._jobs(fake, store, arguments) == [
        ("fake", "good"),
        ("fake", "bad"),
    ]
    for _, unit in main._jobs(fake, store, arguments):
        main._run("fake", fake["fake"], unit, store, quick=True)
    assert main._jobs(fake, store, arguments) == [("fake", "bad")]
    entry = store.entry("fake", "bad", {"quick": True})
    assert entry["why"] == "ValueError: no luck"
    assert len(entry["load"]) == 2
    arguments.again = True
    assert len(main._jobs(fake, store, arguments)) == 2


def test_an_unknown_measurement_is_named_with_the_closest():
    with pytest.raises(InputError, match="training_step"):
        main._parse(["--only=training_steps"])
