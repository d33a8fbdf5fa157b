"""The same adapters for who loads this file by its path.

An `import` finds the package `adapters/` beside it instead.
"""

import importlib
import pathlib
import sys

_FOLDER = str(pathlib.Path(__file__).parent)
sys.path.insert(0, _FOLDER)
try:
    ADAPTERS = importlib.import_module("adapters").ADAPTERS
finally:
    sys.path.remove(_FOLDER)
