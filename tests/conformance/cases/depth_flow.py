"""Conformance cases of depth and flow."""

from tests.conformance.cases.base import EXAMPLES
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher
from tfkd.models import named_heads
from tfkd.tasks import displacement
from tfkd.tasks import segmentation

SIZE = 20
HEADS = {"disparity": 1, "flow": 2, "next_disparity": 1}


def network(filters, *, images=2, channels=1, size=SIZE):
    return displacement.model(
        input_shape=(size, size, images), channels=channels, filters=filters
    )


def flow_network(filters):
    """It takes pairs of any size."""
    return network(filters, channels=2, size=None)


def one_eyed():
    return network((4, 4, 6), images=1)


def scene_network():
    """It sees four images, and answers three maps."""
    body = network((4, 4, 6), images=4, size=24)
    return named_heads.build(body, HEADS, layer="decoder")


def moved_digits(needs=(), count=EXAMPLES):
    return displacement.data(count, size=SIZE)


def two_eyes(needs=(), count=EXAMPLES):
    """The student sees the left image, the teacher both."""
    pairs, disparities = displacement.data(count, size=SIZE, stereo=True)
    return {"student": pairs[..., :1], "teacher": pairs}, disparities


def one_eyed_video(needs=(), count=EXAMPLES):
    """Left images and those a moment later, and all that is known of them."""
    images, labels = displacement.video(count)
    return images[..., ::2], {
        "semantics": (labels["disparity"][..., 0] > 0).astype("int32"),
        "disparity": labels["disparity"],
        "flow": labels["flow"],
    }


SEES_MORE = {
    "swapping_the_roles_changes_what_is_trained": (
        "the teacher sees pairs, the student left images"
    )
}
LOSS = displacement.loss()

CASES = {
    "ddflow": Case(
        teacher=lambda: flow_network((4, 6, 8)),
        student=lambda: flow_network((4, 4, 6)),
        data=moved_digits,
        loss=None,
        # The pair, and the pair reversed.
        student_passes=2,
        exempt={
            "evaluation_changes_no_state": (
                "labels are of whole pairs and the student sees crops, so "
                "that it is compiled without a loss to evaluate"
            ),
            "permuting_the_batch_permutes_values": (
                "its network sees crops, which the training step makes"
            ),
        },
    ),
    "monoresmatch": Case(
        teacher=no_teacher, student=one_eyed, data=two_eyes, loss=LOSS
    ),
    "omeganet": Case(
        teacher=lambda: {
            "semantics": segmentation.model(
                input_shape=(24, 24, 1), num_classes=2, filters=(4, 6, 8)
            ),
            "disparity": network((4, 6, 8), images=1, size=24),
            "flow": network((4, 6, 8), channels=2, size=24),
            "rigid": network((4, 6, 8), channels=2, size=24),
        },
        student=lambda: named_heads.build(
            network((4, 4, 6), size=24),
            {"semantics": 2, "disparity": 1, "flow": 2},
            layer="decoder",
        ),
        data=one_eyed_video,
        options={"moving_classes": (1,), "value_range": (0.0, 16.0)},
        loss={
            "semantics": segmentation.loss(),
            "disparity": "mae",
            "flow": "mae",
        },
    ),
    "refine_distill": Case(
        teacher=no_teacher, student=one_eyed, data=two_eyes, loss=LOSS
    ),
    "rgbd_data_ensemble": Case(
        teacher=lambda: network((4, 6, 8), size=None),
        student=one_eyed,
        data=two_eyes,
        # 1.2 times 20 is 24, which two stages halve twice.
        options={"scales": (1.0, 1.2)},
        loss=LOSS,
        exempt=SEES_MORE,
    ),
    "sceneflow_distill": Case(
        teacher=lambda: {
            "stereo": network((4, 6, 8), size=24),
            "flow": network((4, 6, 8), channels=2, size=24),
        },
        student=scene_network,
        data=lambda needs, count: displacement.video(count),
        loss={head: "mae" for head in HEADS},
    ),
    "stereo_mono": Case(
        teacher=lambda: network((4, 6, 8)),
        student=one_eyed,
        data=two_eyes,
        loss=LOSS,
        exempt=SEES_MORE,
    ),
}
