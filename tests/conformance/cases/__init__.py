"""What the conformance suite builds each method on.

A method that needs something else than the default `Case` has an entry in
the dict `CASES` of its section's module.
"""

import importlib
import pkgutil

from tests.conformance.cases.base import BATCH
from tests.conformance.cases.base import CLASSES
from tests.conformance.cases.base import EXAMPLES
from tests.conformance.cases.base import SHAPE
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import cnn
from tests.conformance.cases.base import data
from tests.conformance.cases.base import deep_teacher
from tests.conformance.cases.base import images
from tests.conformance.cases.base import no_teacher
from tests.conformance.cases.base import student
from tests.conformance.cases.base import teacher
from tfkd import methods

__all__ = [
    "BATCH",
    "CASES",
    "CLASSES",
    "EXAMPLES",
    "SHAPE",
    "Case",
    "cnn",
    "data",
    "deep_teacher",
    "images",
    "needs",
    "no_teacher",
    "of",
    "student",
    "teacher",
]

CASES = {}
for _module in pkgutil.iter_modules(__path__):
    _section = importlib.import_module(f"{__name__}.{_module.name}")
    CASES.update(getattr(_section, "CASES", {}))


def of(key):
    """Returns the case of a method."""
    return CASES.get(key, Case())


def needs(key):
    return methods.get(key).card.get("needs", ())
