"""The tasks of the leaderboard: one module each, with a tuple `TASKS`.

A module's docstring holds the command, the cost and the expected numbers.
"""

import importlib

# In the order of the page.
MODULES = (
    "fashion_1k",
    "unlabelled",
    "few_sample",
    "data_free",
    "cross_resolution",
    "incremental",
    "born_again",
)


def module_of(name):
    """Returns the module of a task by the task's name.

    Raises:
        KeyError: If there is none.
    """
    for stem in MODULES:
        module = importlib.import_module(f"{__name__}.{stem}")
        if any(task.name == name for task in module.TASKS):
            return module
    raise KeyError(name)


def get(name):
    """Returns a task by name."""
    return next(t for t in module_of(name).TASKS if t.name == name)


def names():
    """Returns the names of all tasks, in the order of the page."""
    return [
        task.name
        for stem in MODULES
        for task in importlib.import_module(f"{__name__}.{stem}").TASKS
    ]
