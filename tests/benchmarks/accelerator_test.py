import pytest

from benchmarks import accelerator
from benchmarks.speed import store as store_lib
from tfkd.errors import InputError


@pytest.fixture
def store(tmp_path):
    return store_lib.Store(tmp_path / "found.json", tmp_path / "lock")


def test_the_page_has_ratios_and_what_is_missing(store):
    unit, *others = accelerator.UNITS
    wall = {"plain": 2.0, "forward": 1.0, "live": 3.0, "cached": 2.2}
    wall |= {"keras": 6.0, "watched": 4.5}
    seconds = {
        name: {"cpu": [9.0], "wall": [value / 1000]}
        for name, value in wall.items()
    }
    entry = {"result": {"seconds": seconds}, "device": "G", "machine": "M."}
    store.save(accelerator.NAME, unit, accelerator.SETTINGS, entry)
    page = accelerator.page(store)
    row = next(line for line in page.splitlines() if unit in line)
    cells = [cell.split("(")[0].strip() for cell in row.split("|")[2:-1]]
    assert cells == ["2.00", "0.50", "1.50", "1.10", "1.00", "2.00", "1.50"]
    assert all(other in page for other in others)
    assert "G. M." in page


def test_tensorflow_is_told_before_anything_is_measured():
    with pytest.raises(InputError, match="Set KERAS_BACKEND=jax"):
        accelerator.main([])
