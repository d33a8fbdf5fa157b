"""Smaller models: recipes by name, from a trained student to a `.tflite`.

`compress(student, teacher=..., data=..., recipe="int8_qat")` is the one
interface; `names()` lists the recipes. Nothing here imports TensorFlow until a
recipe runs, and tfmot is imported in a child process alone.
"""

from tfkd.compression.api import Options
from tfkd.compression.api import compress
from tfkd.compression.api import compress_all
from tfkd.compression.registry import Recipe
from tfkd.compression.registry import get
from tfkd.compression.registry import names
from tfkd.compression.registry import with_controls

__all__ = [
    "Options",
    "Recipe",
    "compress",
    "compress_all",
    "get",
    "names",
    "with_controls",
]
