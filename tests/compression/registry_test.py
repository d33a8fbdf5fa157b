import subprocess
import sys

import pytest

from tfkd import compression
from tfkd.compression import registry
from tfkd.errors import InputError


def test_recipes_are_known_by_name():
    assert compression.names() == ("int8_ptq",)
    recipe = compression.get("int8_ptq")
    assert recipe.variant == "int8"
    assert "int8" in recipe.summary


def test_an_unknown_recipe_names_the_closest():
    with pytest.raises(InputError, match="'int8_pqt'. Closest: 'int8_ptq'"):
        compression.get("int8_pqt")


def test_compress_hands_everything_to_the_recipe(tmp_path, monkeypatch):
    source = (
        "def made(student, **values): return {'student': student, **values}"
    )
    (tmp_path / "my_recipe.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    mine = compression.Recipe("mine", "int4", "a test", "my_recipe:made")
    monkeypatch.setitem(registry._RECIPES, "mine", mine)
    destination = tmp_path / "deep" / "model.tflite"
    report = compression.compress(
        tmp_path / "s.keras", recipe="mine", data="d", destination=destination
    )
    assert destination.parent.is_dir()
    assert report == {
        "recipe": "mine",
        "variant": "int4",
        "student": str(tmp_path / "s.keras"),
        "data": "d",
        "destination": str(destination),
        "source": None,
        "tmp_dir": None,
    }


def test_the_registry_imports_nothing_heavy():
    source = (
        "import sys; from tfkd import compression; compression.names()\n"
        "heavy = {'tensorflow', 'keras', 'tf_keras'} & set(sys.modules)\n"
        "sys.exit(' '.join(heavy) or 0)\n"
    )
    child = subprocess.run([sys.executable, "-c", source], capture_output=True)
    assert child.returncode == 0, child.stderr
