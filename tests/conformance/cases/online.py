"""Conformance cases of online distillation."""

from tests.conformance.cases import base
from tests.conformance.cases import segmentation
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher
from tfkd.models.fusion import side_by_side


def dual_student():
    """Two networks side by side."""
    return side_by_side(base.student(), base.student())


SEGMENTERS = Case(
    teacher=lambda: segmentation.segmenter((4, 6, 8)),
    student=lambda: segmentation.segmenter((4, 4, 6)),
    data=segmentation.masks,
    loss=segmentation.CASES["skd_seg"].loss,
)

CASES = {
    "arthus": SEGMENTERS,
    "jitnet": SEGMENTERS,
    "afd_online": Case(teacher=no_teacher),
    "codistillation": Case(teacher=no_teacher),
    "collaborative_learning": Case(teacher=no_teacher),
    "dml": Case(teacher=no_teacher, options={"peers": 3}),
    "dualnet": Case(teacher=no_teacher, student=dual_student),
    "ffl": Case(teacher=no_teacher),
    "mcod": Case(teacher=no_teacher),
    "mod_video": Case(teacher=no_teacher, options={"gate_tap": "stage1"}),
    "okddip": Case(teacher=no_teacher),
    "one": Case(teacher=no_teacher),
}
