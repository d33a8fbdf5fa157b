"""Knowledge distillation for Keras, from the papers to the phone."""

import importlib

__version__ = "0.1.0"

_MODULES = (
    "compression",
    "data",
    "distances",
    "distillers",
    "export",
    "losses",
    "methods",
    "metrics",
    "models",
    "report",
    "schedules",
    "sources",
    "taps",
    "tasks",
    "teachers",
    "transforms",
)

__all__ = [*_MODULES, "__version__"]


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module(f"tfkd.{name}")
    if name == "Distiller":
        return importlib.import_module("tfkd.distillers").Distiller
    raise AttributeError(f"module 'tfkd' has no attribute {name!r}")


def __dir__():
    return sorted([*__all__, "Distiller"])
