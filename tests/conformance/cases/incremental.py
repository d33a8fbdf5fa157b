"""Conformance cases of incremental learning."""

from tests.conformance.cases import base
from tests.conformance.cases.base import Case
from tfkd.models import cosine_head
from tfkd.models import heads


def old_classifier():
    """Knows all classes but the last."""
    return base.cnn((4, 6, 8), classes=base.CLASSES - 1)


def grown_classifier():
    return heads.grow(old_classifier(), 1)


def first_step():
    """Knows two classes of four."""
    return base.cnn((4, 6, 8), classes=2)


def second_step():
    return heads.grow(first_step(), 2, bias_correction=False)


def angles():
    return cosine_head.with_cosine_head(first_step())


GROWS = {
    "swapping_the_roles_changes_what_is_trained": (
        "the old model knows fewer classes than the grown one"
    )
}

CASES = {
    "eeil": Case(teacher=first_step, student=second_step, exempt=GROWS),
    "lucir": Case(
        teacher=angles,
        student=lambda: cosine_head.grow_cosine(angles(), 2),
        exempt=GROWS,
    ),
    "m2kd": Case(
        teacher=lambda: [first_step()],
        student=second_step,
    ),
    "bic": Case(
        teacher=old_classifier,
        student=grown_classifier,
        exempt=GROWS,
    ),
}
