"""Conformance cases of incremental learning."""

from tests.conformance.cases import base
from tests.conformance.cases.base import Case
from tfkd.models import heads


def old_classifier():
    """Knows all classes but the last."""
    return base.cnn((4, 6, 8), classes=base.CLASSES - 1)


def grown_classifier():
    return heads.grow(old_classifier(), 1)


CASES = {
    "bic": Case(
        teacher=old_classifier,
        student=grown_classifier,
        exempt={
            "swapping_the_roles_changes_what_is_trained": (
                "the old model knows fewer classes than the grown one"
            )
        },
    ),
}
