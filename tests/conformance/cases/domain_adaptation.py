"""Conformance cases of domain adaptation."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher
from tests.conformance.cases.detection import detector
from tests.conformance.cases.detection import some_boxes
from tests.conformance.cases.multi_teacher import two_teachers
from tests.conformance.cases.segmentation import segmenter
from tests.conformance.cases.segmentation import some_masks
from tfkd import tasks

SEGMENTATION = tasks.get("segmentation").loss()


def small_segmenter():
    return segmenter((4, 4, 6))


def segmenter_case(teacher=small_segmenter, **arguments):
    """Scenes of which two thirds have masks."""
    return Case(
        teacher=teacher,
        student=small_segmenter,
        data=some_masks,
        loss=SEGMENTATION,
        **arguments,
    )


CASES = {
    "adaptsegnet": segmenter_case(no_teacher),
    "crdoco": segmenter_case(
        exempt={
            "permuting_the_batch_permutes_values": (
                "its network sees two styles, which the training step makes"
            )
        }
    ),
    "cycada": segmenter_case(),
    "mtor": Case(
        teacher=no_teacher,
        student=lambda: detector((4, 4, 6), 6),
        data=some_boxes,
        loss=tasks.get("detection").loss(),
    ),
    "sean": segmenter_case(no_teacher),
    "tgcf_da": segmenter_case(),
    "gdsda": Case(teacher=two_teachers),
    "cat_da": Case(teacher=no_teacher),
    # One pass a domain.
    "self_ensembling_da": Case(teacher=no_teacher, student_passes=2),
}
