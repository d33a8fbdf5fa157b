"""Protocols of the learning table: what a run trains on, and its score.

Every module registers functions with `digits.task`; each is the protocol of
its name. A module may use others; their results count anew when one of them
changes.
"""

import importlib
import pkgutil

from learning_protocols.digits import TASKS

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["TASKS"]
