"""What a task needs besides a classifier's: loss, labels, metrics, models.

Every task is a module with

| name | what it is |
|---|---|
| `LABELS` | the format of labels, in words |
| `TAPS` | taps of its models that methods use by default |
| `loss(...)` | the task loss to compile |
| `metrics(...)` | Keras metrics, for `weighted_metrics` of a distiller |
| `model(...)` | a tiny reference model |
| `data(...)` | real examples in the task's format, for tests and benchmarks |
"""

import importlib

from tfkd.errors import unknown

_TASKS = (
    "attention",
    "clips",
    "corners",
    "detection",
    "displacement",
    "graph",
    "motion",
    "pose",
    "segmentation",
    "sequence",
    "tracking",
)


def names():
    """Returns the names of all tasks, without importing Keras."""
    return list(_TASKS)


def get(name):
    """Returns the module of a task.

    Raises:
        InputError: If it is unknown.
    """
    if name not in _TASKS:
        raise unknown("task", name, _TASKS)
    return importlib.import_module(f"tfkd.tasks.{name}")
