"""One adapter a parity fixture, built from parts of `tfkd` only.

`ADAPTERS[key](arrays, hyperparameters)` returns a dict with `"loss"`, every
`expected_<name>` of the fixture as `"<name>"`, and `"grad_<input>"`.

Every module of this package holds the adapters of one family, as functions
in a dict `ADAPTERS` of its own.
"""

import importlib
import pkgutil

ADAPTERS = {}
for _module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
    _family = importlib.import_module(f"{__name__}.{_module.name}")
    for _key, _adapter in getattr(_family, "ADAPTERS", {}).items():
        if _key in ADAPTERS:
            raise ValueError(
                f"The parity fixture {_key!r} has two adapters, the second "
                f"in {_module.name}.py. Keep one."
            )
        ADAPTERS[_key] = _adapter
