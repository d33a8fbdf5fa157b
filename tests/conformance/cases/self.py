"""Conformance cases of self-distillation."""

from tests.conformance.cases import base
from tests.conformance.cases import sequences
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher
from tfkd.models.cheap_convs import cheapen


def cheap_student():
    """The teacher with bottlenecks in two groups."""
    return cheapen(base.teacher(), bottleneck=2, groups=2)


def teachers_of_one_task():
    """A teacher of each task."""
    return {
        "package": sequences.transformer(),
        "opening": sequences.transformer(num_classes=2),
    }


CASES = {
    "bam": Case(
        teacher=teachers_of_one_task,
        student=lambda: sequences.transformer(
            num_classes=sequences.SEQUENCE.TASKS
        ),
        data=sequences.two_tasks,
        loss=sequences.LOSSES,
    ),
    "msd": Case(teacher=no_teacher),
    "sla_sd": Case(teacher=no_teacher),
    "moonshine": Case(student=cheap_student),
    "ddgsd": Case(teacher=no_teacher),
    "sad": Case(teacher=no_teacher),
    "byot": Case(teacher=no_teacher),
    "snapshot_distillation": Case(teacher=no_teacher),
    "self_kd_nlp": Case(
        teacher=no_teacher,
        student=sequences.language_model,
        data=sequences.next_words,
    ),
}
