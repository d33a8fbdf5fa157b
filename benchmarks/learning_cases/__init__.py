"""How each method is trained for the learning table.

One module for each section of methods, with a dict `CASES` from key to
`Case`. Most protocols take 60 epochs of 17 steps: 1,020 steps in all. Weights
are scaled down where the paper's fits sums over ImageNet's maps or a far
larger network.
"""

import importlib
import pkgutil

from learning_cases.case import Case

CASES = {}
for _module in pkgutil.iter_modules(__path__):
    _section = importlib.import_module(f"{__name__}.{_module.name}")
    CASES.update(getattr(_section, "CASES", {}))

__all__ = ["CASES", "Case"]
