"""Conformance cases of pose estimation."""

import numpy as np

from tests.conformance.cases.base import EXAMPLES
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher
from tfkd.models import pose_kernels
from tfkd.models import shape_dictionary
from tfkd.tasks import digit_poses
from tfkd.tasks import points
from tfkd.tasks import pose


def network(stacks, filters, **arguments):
    """A tiny stacked hourglass."""
    return pose.model(stacks=stacks, filters=filters, **arguments)


def figures(needs=(), count=EXAMPLES):
    """Images of digits and maps of their keypoints."""
    return pose.data(count)


def figures_in_space(needs=(), count=EXAMPLES):
    """Images, and maps of keypoints and of where they are."""
    found = digit_poses.poses(count)
    maps = [
        pose.heat_maps(found.points, 16),
        pose.location_maps(found.points, 16),
    ]
    return found.images, np.concatenate(maps, axis=-1)


def case(**arguments):
    """A teacher of three stacks, a student of two."""
    return Case(
        **{
            "teacher": lambda: network(3, 4),
            "student": lambda: network(2, 3),
            "data": figures,
            "loss": pose.loss(),
            **arguments,
        }
    )


def films(needs=(), count=EXAMPLES):
    """Films of three frames, and maps of keypoints in each."""
    found = digit_poses.poses(count, frames=3)
    return found.images, pose.heat_maps(found.points, 16)


def landmarks(needs=(), count=EXAMPLES):
    """Images for the student, landmarks for the teacher and as labels."""
    images, found = points.data(count)
    return {"student": images, "teacher": found[..., :2]}, found[..., :2]


CASES = {
    "nrsfm_pose": case(
        teacher=lambda: shape_dictionary.build(points=5, shapes=6),
        student=lambda: points.model(filters=(3, 4)),
        data=landmarks,
        loss=points.PlaneLoss(),
        exempt={
            "swapping_the_roles_changes_what_is_trained": (
                "a network of images has no dictionary of shapes"
            )
        },
    ),
    "dkd_pose": case(
        teacher=no_teacher,
        student=lambda: pose_kernels.build(
            filters=2, start_filters=2, kernel_size=3
        ),
        data=films,
    ),
    "fast_pose": case(),
    "integral_pose": case(),
    "depth_pose": case(),
    "movnect": case(
        teacher=lambda: network(1, 4, maps=20),
        student=lambda: network(1, 3, maps=20),
        data=figures_in_space,
        loss=pose.LocationLoss(),
    ),
}
