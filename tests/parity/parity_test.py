"""Our parts against numbers from the authors' public code."""

import importlib.util
import json
import pathlib

import numpy as np
import pytest

from tests.parity.adapters import ADAPTERS

FOLDER = pathlib.Path(__file__).parent
FIXTURES = {
    f"{fixture['key']}__{fixture['variant']}": fixture
    for fixture in json.loads(
        (FOLDER / "fixtures" / "manifest.json").read_text(encoding="utf-8")
    )
}
COVERED = sorted(n for n, f in FIXTURES.items() if f["key"] in ADAPTERS)
TOLERANCE = {"rtol": 1e-4, "atol": 1e-6, "grad_rtol": 1e-3, "grad_atol": 1e-6}


def load(fixture):
    """Returns a fixture's inputs, and what is expected of an adapter."""
    inputs, expected = {}, {}
    with np.load(FOLDER / "fixtures" / fixture["file"]) as arrays:
        for name in arrays.files:
            if name.startswith(("expected_", "grad_")):
                expected[name.removeprefix("expected_")] = arrays[name]
            else:
                inputs[name] = arrays[name]
    return inputs, expected


@pytest.mark.parametrize("name", COVERED)
def test_matches_the_public_code(name):
    fixture = FIXTURES[name]
    inputs, expected = load(fixture)
    found = ADAPTERS[fixture["key"]](inputs, fixture["hyperparameters"])
    tolerance = {**TOLERANCE, **fixture.get("tolerance", {})}
    assert set(found) == set(expected)
    for part, want in expected.items():
        kind = "grad_" if part.startswith("grad_") else ""
        got = np.asarray(found[part], dtype="float64")
        assert got.shape == want.shape, part
        # The rule of the fixtures' README: relative to the largest value.
        bound = tolerance[f"{kind}atol"]
        bound += tolerance[f"{kind}rtol"] * np.max(np.abs(want))
        assert np.max(np.abs(got - want)) <= bound, part


def test_every_adapter_has_a_fixture():
    assert set(ADAPTERS) <= {f["key"] for f in FIXTURES.values()}


def test_every_fixture_is_in_its_file():
    for fixture in FIXTURES.values():
        assert "loss" in load(fixture)[1]


def test_adapters_load_from_the_path_of_their_file():
    spec = importlib.util.spec_from_file_location(
        "adapters_by_path", FOLDER / "adapters.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert set(module.ADAPTERS) == set(ADAPTERS)
