import subprocess
import sys

import pytest

from tfkd import compression
from tfkd.compression import registry
from tfkd.errors import InputError


def test_recipes_are_known_by_name():
    wanted = {"float16", "int8_ptq", "int8_qat", "int8_pruned_qat", "int4_qat"}
    assert wanted <= set(compression.names())
    recipe = compression.get("int8_pruned_qat")
    assert recipe.stages == ("prune", "quantize")
    assert "pruning" in recipe.summary


@pytest.mark.parametrize("name", compression.names())
def test_every_recipe_is_made_of_what_there_is(name):
    recipe = compression.get(name)
    assert recipe.name == name
    assert set(recipe.stages) <= set(registry.STAGES)
    # The converter's alone, or carried to legacy Keras.
    assert bool(recipe.mode) != recipe.bridged
    assert recipe.integer or not recipe.trains
    if recipe.control:
        control = compression.get(recipe.control)
        assert (control.stages, control.bits) == (recipe.stages, recipe.bits)
        assert not control.taught


def test_an_unknown_recipe_names_the_closest():
    with pytest.raises(
        InputError, match="'int8_pqt'. Closest: .*'int8_ptq'.*All"
    ):
        compression.get("int8_pqt")


@pytest.mark.parametrize("recipes", [(), ("int8_ptq", "int8_ptq")])
def test_no_or_repeated_recipes_are_refused(recipes):
    with pytest.raises(InputError, match="at least one recipe, each once"):
        registry.check(recipes)


def test_controls_are_added_once_behind_what_was_asked_for():
    assert compression.with_controls(("float16",)) == ("float16",)
    assert compression.with_controls(("int8_qat", "int8_pruned_qat")) == (
        "int8_qat",
        "int8_pruned_qat",
        "int8_qat_alone",
        "int8_ptq",
    )
    assert compression.with_controls(("int4_qat", "int4_ptq")) == (
        "int4_qat",
        "int4_ptq",
        "int4_qat_alone",
    )


def test_the_registry_imports_nothing_heavy():
    source = (
        "import sys; from tfkd import compression; compression.names()\n"
        "heavy = {'tensorflow', 'keras', 'tf_keras'} & set(sys.modules)\n"
        "sys.exit(' '.join(heavy) or 0)\n"
    )
    child = subprocess.run([sys.executable, "-c", source], capture_output=True)
    assert child.returncode == 0, child.stderr
