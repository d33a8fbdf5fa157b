"""Conformance cases of methods on features."""

from tests.conformance.cases import sequences
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import deep_teacher
from tests.conformance.cases.base import teacher

CASES = {
    # Checkpoints of one network.
    "rco": Case(teacher=lambda: [teacher(), teacher()]),
    # Flow matrices need equal widths; depths may differ.
    "fsp": Case(teacher=deep_teacher),
    # A stage ends in the shape of the teacher's.
    "skd_stagewise": Case(teacher=deep_teacher),
    "minilm": Case(
        teacher=lambda: sequences.transformer(depth=3, width=12),
        student=sequences.transformer,
        data=sequences.sentences,
        options={"task_weight": 1.0},
    ),
    "ir": Case(
        teacher=lambda: sequences.transformer(depth=3),
        student=sequences.transformer,
        data=sequences.sentences,
    ),
    "pkd": Case(
        teacher=lambda: sequences.transformer(depth=3),
        student=sequences.transformer,
        data=sequences.sentences,
    ),
}
