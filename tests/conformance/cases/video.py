"""Conformance cases of clips."""

from tests.conformance.cases import depth_flow
from tests.conformance.cases import detection
from tests.conformance.cases import sequences
from tests.conformance.cases.base import EXAMPLES
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher
from tfkd.tasks import attention
from tfkd.tasks import clips
from tfkd.tasks import displacement

FRAMES = 4


def network(filters, units, **arguments):
    """A tiny recurrent network."""
    return clips.model(
        **{"frames": FRAMES, "filters": filters, "units": units, **arguments}
    )


def fewer(needs=(), count=EXAMPLES):
    """The student sees every second frame."""
    x, y = clips.data(count, frames=FRAMES)
    return {"student": x[:, ::2], "teacher": x}, y


def every_frame(needs=(), count=EXAMPLES):
    return clips.data(count, frames=FRAMES, every_frame=True)


def objects(needs=(), count=EXAMPLES):
    """The partner sees clips without the ground."""
    x, y = clips.data(count, frames=FRAMES, noise=8.0)
    clean, _ = clips.data(count, frames=FRAMES, noise=0.0)
    return {"student": x, "teacher": clean}, y


def attended(needs=(), count=EXAMPLES):
    """The student sees small images, the teachers large ones."""
    x, y = attention.data(count)
    view = {"frame": x[..., 1:], "pair": x}
    small = attention.smaller(x)
    return {"student": small, "teacher": view}, attention.smaller(y)


def two_eyes(needs=(), count=EXAMPLES):
    return displacement.data(count, size=depth_flow.SIZE, stereo=True)


CASES = {
    "fewer_frames": Case(
        teacher=lambda: network((3, 4), 5),
        student=lambda: network((2, 3), 4, frames=FRAMES // 2),
        data=fewer,
        loss=clips.loss(),
        exempt={
            "swapping_the_roles_changes_what_is_trained": (
                "the teacher sees all frames, the student some"
            )
        },
    ),
    "early_action": Case(
        teacher=lambda: network((3, 4), 3, both_ways=True, answers="frame"),
        student=lambda: network((2, 3), 4, answers="frame"),
        data=every_frame,
        loss=clips.loss(),
    ),
    "geometry_guided_video": Case(
        teacher=lambda: depth_flow.network((4, 4, 6), channels=2),
        student=lambda: depth_flow.network((4, 4, 6)),
        data=two_eyes,
        loss=depth_flow.LOSS,
    ),
    "tkd": Case(
        teacher=lambda: detection.detector((4, 6, 8), 8),
        student=lambda: detection.detector((4, 4, 6), 6),
        data=detection.boxes,
        loss=detection.CASES["fgfi"].loss,
    ),
    "stg_kd": Case(
        teacher=no_teacher,
        student=lambda: network((2, 3), 4),
        data=objects,
        options={"partner": {"name": "mlp", "units": (6,)}},
        loss=clips.loss(),
    ),
    "org_trl": Case(
        teacher=sequences.language_model,
        student=sequences.language_model,
        data=sequences.next_words,
        loss=sequences.SEQUENCE.loss(),
    ),
    "uva_net": Case(
        teacher=lambda: [
            attention.model(images=images, filters=(3, 4)) for images in (1, 2)
        ],
        student=lambda: attention.two_branches(filters=(2, 3)),
        data=attended,
        options={"modalities": ("frame", "pair")},
        loss=attention.loss(),
    ),
}
