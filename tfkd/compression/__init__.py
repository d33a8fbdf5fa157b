"""Smaller models: recipes by name, from a trained student to a `.tflite`.

`compress(student, recipe="int8_ptq", data=...)` is the one interface; `names`
lists the recipes. Nothing here imports TensorFlow or tfmot until a recipe
runs.
"""

from tfkd.compression.registry import Recipe
from tfkd.compression.registry import compress
from tfkd.compression.registry import get
from tfkd.compression.registry import names

__all__ = ["Recipe", "compress", "get", "names"]
