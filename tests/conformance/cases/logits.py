"""Conformance cases of methods on logits."""

from tests.conformance.cases import sequences
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import cnn
from tests.conformance.cases.base import no_teacher
from tests.conformance.cases.base import student
from tests.conformance.cases.base import teacher
from tests.conformance.cases.multi_teacher import two_teachers
from tests.conformance.cases.segmentation import masks
from tests.conformance.cases.segmentation import segmenter
from tfkd import tasks
from tfkd.models.quantized import quantized
from tfkd.models.variational import variational

CASES = {
    "apprentice": Case(
        student=lambda: quantized(student()),
        exempt={
            "swapping_the_roles_changes_what_is_trained": (
                "only a student of quantized layers is trained"
            )
        },
    ),
    "unet_kd": Case(
        teacher=lambda: segmenter((4, 6, 8)),
        student=lambda: segmenter((4, 4, 6)),
        data=masks,
        loss=tasks.get("segmentation").loss(),
    ),
    "variational_student": Case(
        student=lambda: variational(student(), kl_weight=1e-3),
        exempt={
            "swapping_the_roles_changes_what_is_trained": (
                "only a student of variational layers is trained"
            )
        },
    ),
    # They embed: nothing trains the head.
    "abs_teacher": Case(untrained=("logits",)),
    "rel_teacher": Case(untrained=("logits",)),
    "crd": Case(
        exempt={
            "permuting_the_batch_permutes_values": (
                "each call draws other negatives and moves the memory"
            )
        }
    ),
    "end2": Case(
        teacher=two_teachers,
        options={"hold_steps": 1, "anneal_steps": 2},
    ),
    "fickle_teacher": Case(
        options={"rate": 0.4, "dropped_layers": ("embedding",)},
        exempt={
            "permuting_the_batch_permutes_values": (
                "the teacher answers otherwise each time it is asked"
            )
        },
    ),
    "model_compression": Case(teacher=lambda: [teacher(), teacher()]),
    "rkt_zsl": Case(
        teacher=lambda: cnn((6, 8, 12), dense=(8,)),
        student=lambda: cnn((4, 6, 8), dense=(8,)),
        exempt={
            "permuting_the_batch_permutes_values": (
                "each call draws other virtual examples"
            )
        },
    ),
    "multi_exit_distill": Case(teacher=no_teacher),
    "residual_label": Case(teacher=no_teacher),
    "arora_response": Case(
        teacher=sequences.reader,
        student=sequences.simple_reader,
        data=sequences.spans,
        loss=sequences.SPAN_LOSSES,
    ),
}
