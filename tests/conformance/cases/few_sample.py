"""Conformance cases of few-sample methods."""

from tests.conformance.cases import base
from tests.conformance.cases.base import Case
from tfkd.models.prune_channels import prune_channels

KEPT = {
    "stage1_conv": [0, 2, 5],
    "stage2_conv": [1, 2, 3, 6],
    "stage3_conv": [0, 4, 5, 7, 8, 11],
}


def pruned_student():
    """A network of the teacher's layers, with half of the channels."""
    return prune_channels(base.teacher(), KEPT)


CASES = {
    "cross_distillation": Case(
        student=base.teacher,
        # One layer is trained at a time, and the first and last never are.
        untrained=("_bn/", "logits/", "stage1_conv/"),
    ),
    "fskd": Case(
        student=pruned_student,
        options={"kept": KEPT},
        # What has no 1x1 convolution behind it stays as it was.
        untrained=("_bn/", "logits/"),
        exempt={
            "swapping_the_roles_changes_what_is_trained": (
                "the student is a part of the teacher"
            )
        },
    ),
    # The second pass is how pseudo examples find their way.
    "pseudo_example": Case(student_passes=2),
}
