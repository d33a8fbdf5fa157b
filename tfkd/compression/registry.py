"""Compression recipes by name."""

import dataclasses
import importlib
import pathlib

from tfkd.errors import unknown


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How one kind of compressed model is made.

    Attributes:
        name: Key in configs, and folder of the result.
        variant: Name of the exported `.tflite` variant.
        summary: What it does, in one line.
        function: Import path `"module:function"` of the function
            `(student, *, data, destination, source, tmp_dir) -> report`:
            `student` is a `.keras` path, `data` a `CompressionData`,
            `destination` the `.tflite` path to write, and `report` a dict for
            `compression.json`.
    """

    name: str
    variant: str
    summary: str
    function: str


_RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="int8_ptq",
            variant="int8",
            summary="full-integer int8 quantization after training",
            function="tfkd.compression.ptq:int8_ptq",
        ),
    )
}


def names():
    """Returns the names of all recipes."""
    return tuple(sorted(_RECIPES))


def get(name):
    """Returns the recipe of that name.

    Raises:
        InputError: If there is none.
    """
    if name not in _RECIPES:
        raise unknown("compression recipe", name, _RECIPES)
    return _RECIPES[name]


def compress(student, *, recipe, data, destination, source=None, tmp_dir=None):
    """Makes a compressed `.tflite` of a trained student.

    Args:
        student: Path of its `.keras` file, from raw images to logits.
        recipe: Name of a recipe.
        data: `CompressionData` from the training split.
        destination: Path of the `.tflite` file; folders are made.
        source: The config's model dict that the student was built from.
        tmp_dir: Scratch directory; the system's one by default.

    Returns:
        A dict that describes what was done and measured.

    Raises:
        InputError: If the recipe is unknown, or the data or the student do
            not fit it.
        RuntimeError: If the converter fails.
    """
    module, _, function = get(recipe).function.partition(":")
    function = getattr(importlib.import_module(module), function)
    pathlib.Path(destination).parent.mkdir(parents=True, exist_ok=True)
    report = function(
        str(student),
        data=data,
        destination=str(destination),
        source=source,
        tmp_dir=tmp_dir,
    )
    return {"recipe": recipe, "variant": get(recipe).variant, **report}
