"""Recipes without training: what TensorFlow's converter does alone."""

from tfkd.errors import InputError
from tfkd.export import unsupported
from tfkd.export.convert import Conversion
from tfkd.export.convert import convert


def make(recipes, student, *, data, destinations, source=None, tmp_dir=None):
    """Converts a student once for each recipe, in one child process.

    `int8_ptq`: weights are int8, one scale a channel; activations int8, one
    scale a tensor, from the ranges that `data.images` reach. Where pixels are
    0 to 255, the input scale is 1: a camera's bytes go straight in.

    Args:
        recipes: `Recipe`s that have a `mode`.
        student: Path of a `.keras` file from raw images to logits.
        data: `CompressionData` with representative images.
        destinations: Recipe name to the path of its `.tflite` file.
        source: The config's model dict that the student was built from.
        tmp_dir: Scratch directory.

    Raises:
        InputError: If the model cannot be converted as it is.
        RuntimeError: If the converter fails.
    """
    conversions = [
        Conversion(
            model=student,
            destination=str(destinations[recipe.name]),
            mode=recipe.mode,
            calibration=data.images if recipe.mode == "int8" else None,
            source=source,
        )
        for recipe in recipes
    ]
    if conversions:
        convert(conversions, tmp_dir=tmp_dir)


def check_integer(recipe, contents):
    """Refuses a file that holds float tensors where none may be.

    Args:
        recipe: The `Recipe` that made it.
        contents: Its `tfkd.export.inspect.Inspection`.

    Raises:
        InputError: It names the operations and what to use instead.
    """
    if not recipe.integer or contents.fully_integer:
        return
    stuck = [op for op in contents.float_ops if "QUANTIZE" not in op]
    known = unsupported.WITHOUT_INTEGER
    advice = [f"{op}: use {known[op]}" for op in stuck if op in known]
    raise InputError(
        f"{recipe.name} must leave no float tensor; these operations stay in "
        f"float: {', '.join(stuck) or 'QUANTIZE'}. "
        f"{'; '.join(advice) or 'Replace the layers that make them'}, or "
        "export float32 only."
    )
