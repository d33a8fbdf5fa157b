"""Distilled Siamese trackers: a teacher, and two students that share.

Equation:  L = sum_(k = 1, 2) [ a L_det(y, s_k) + n B(y, t, s_k)
                 + g mean_r KL(P(t_r) || P(s_k,r))
                 + d 1/|R| sum_(r in R) mean_i h(t_ri - s_k,ri)
                 + e mean_p (Q(F_t) - Q(F_k))_p^2 ]
               + c mean_r [ KL(P(s_2,r) || P(s_1,r))
                          + KL(P(s_1,r) || P(s_2,r)) ]
Symbols:   t, s_k the answers of the teacher and of student k in region r: a
           box relative to it, and a logit, P the Bernoulli distribution of
           its probability; R regions of which the teacher is sure by m =
           `threshold`; y the object's box; B the squared error of boxes,
           where it is above the teacher's less `margin`; h Huber's loss; F
           responses of the scene to the target, Q(F) = vec(sum_c F_c^2) /
           ||.||_2, p positions; a = `task_weight`; n = `hard_weight`; g =
           `soft_weight`; d = `box_weight`; e = `response_weight`; c =
           `sharing_weight`. Of each divergence in the last line the first
           side is a constant.
Paper:     Liu, Dong, Lu, Khan, Shen & Hoi, *Teacher-Students Knowledge
           Distillation for Siamese Trackers*, 2019, arXiv:1907.10586.
Survey:    Sec 15.2.1, ref [152].
Differs:   confirmed from the abstract: one teacher and several students, a
           distillation made for tracking, and knowledge that students share.
           That its parts are an adaptive hard, a teacher's soft and a Siamese
           target's response loss is the survey's. Inferred: the form of each
           (bounded as in Chen et al., NIPS 2017; attention as in Zagoruyko &
           Komodakis), and all numbers. L_det of the second student is there
           with `peer_loss` alone.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import BoundedBoxes
from tfkd.losses import FeatureMatch
from tfkd.losses import LabelLoss
from tfkd.losses import RegionMatch
from tfkd.methods.card import Card
from tfkd.methods.detectors import same_regions
from tfkd.methods.peers import peer_models
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import SelfTeacher
from tfkd.transforms import AttentionMap

CARD = Card(
    key="siamese_tracker",
    status="simplified",
    simplified=(
        "students share at every step, not only what they are reliable in, "
        "and the form of the terms is inferred"
    ),
    task="tracking",
    options={"threshold": 0.0},
)
# Names of what the second student returns.
_PEER, _RESPONSE = "peer", "peer_response"


def build(
    *,
    teacher,
    student,
    peer: object | None = None,
    peer_loss: object | None = None,
    teacher_tap: str = "response",
    student_tap: str = "response",
    image_size: tuple = (32, 32),
    anchor_sizes: tuple = ((8, 8), (16, 16)),
    stride: int = 4,
    threshold: float = 0.5,
    margin: float = 0.0,
    hard_weight: float = 0.5,
    soft_weight: float = 1.0,
    box_weight: float = 1.0,
    response_weight: float = 1.0,
    sharing_weight: float = 0.5,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Inputs are `[targets, scenes]` and labels boxes in scenes, see
    `tfkd.tasks.tracking`.

    Args:
        teacher: Siamese tracker.
        student: Siamese tracker of the same regions, s_1.
        peer: The second student, trained as well; a copy of the first with
            new weights if absent.
        peer_loss: L_det of the second student, a `keras.losses.Loss` such as
            the `tfkd.tasks.tracking.loss()` that the model is compiled with;
            if absent, it has the other terms alone.
        teacher_tap: F_t, a map.
        student_tap: F_1, and F_2 of the peer.
        image_size: `(height, width)` of scenes, in pixels.
        anchor_sizes: `((height, width), ...)` of the anchors at every
            position, in pixels.
        stride: Pixels from one position of anchors to the next.
        threshold: m in [0, 1).
        margin: >= 0.
        hard_weight: n >= 0, a number or schedule.
        soft_weight: g >= 0, likewise.
        box_weight: d >= 0, likewise.
        response_weight: e >= 0, likewise.
        sharing_weight: c >= 0, likewise.
        task_weight: a >= 0, likewise.
        seed: Whole number behind the weights of a new peer.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no such trackers, a tap does not exist
            or is no map, or a number is out of range.
    """
    key = "siamese_tracker"
    (peer,) = peer_models(key, peer, student, 2, seed, "peer")
    for model in (student, peer):
        same_regions(key, teacher, model)
    taps.shape(student, student_tap)  # An error that names the tap.
    if image_size[0] % stride or image_size[1] % stride:
        raise InputError(
            f"image_size of {key} must be a multiple of stride={stride!r}, "
            f"received {image_size!r}."
        )
    weights = {
        "hard": hard_weight,
        "soft": soft_weight,
        "boxes": box_weight,
        "response": response_weight,
        "sharing": sharing_weight,
    }
    bounds = {
        "image_size": image_size,
        "anchor_sizes": anchor_sizes,
        "stride": stride,
        "margin": margin,
    }
    common = {
        "weights": weights,
        "bounds": bounds,
        "threshold": threshold,
        "teacher_tap": teacher_tap,
    }
    peer_task = []
    if peer_loss is not None:
        peer_task = [
            LabelLoss(
                peer_loss,
                student_tap=_PEER,
                weight=task_weight,
                name="peer_task",
            )
        ]
    return Distiller(
        student=student,
        network=_both(student, peer, student_tap),
        teacher=EnsembleTeacher([teacher, SelfTeacher()]),
        distillation_losses=[
            *_lessons("student", "outputs", _PEER, student_tap, **common),
            *peer_task,
            *_lessons(_PEER, _PEER, "outputs", _RESPONSE, **common),
        ],
        student_loss_weight=task_weight,
    )


def _lessons(
    name, own, other, response, *, weights, bounds, threshold, teacher_tap
):
    """What one student learns from the teacher and from the other student.

    Args:
        name: Beginning of the losses' names.
        own: Tap of the student's answers.
        other: Tap of the other student's.
        response: Tap of the student's response.
        weights: Factor of each loss by the end of its name.
        bounds: Anchors and margin of bounded boxes.
        threshold: m.
        teacher_tap: F_t.
    """

    def part(kind, end, teacher="0/outputs", student=own, **arguments):
        return kind(
            teacher_tap=teacher,
            student_tap=student,
            weight=weights[end],
            name=f"{name}_{end}",
            **arguments,
        )

    scores = {"read": "scores", "distance": "cross_entropy"}
    boxes = {"read": "boxes", "distance": "huber", "threshold": threshold}
    attention = {
        "teacher_transform": AttentionMap(2),
        "student_transform": AttentionMap(2),
        "distance": LpDistance(p=2, reduce="mean"),
    }
    return [
        part(BoundedBoxes, "hard", **bounds),
        part(RegionMatch, "soft", **scores),
        part(RegionMatch, "boxes", **boxes),
        part(
            FeatureMatch, "response", f"0/{teacher_tap}", response, **attention
        ),
        part(RegionMatch, "sharing", f"1/{other}", **scores),
    ]


def _both(student, peer, tap):
    """A network of both students, on the same inputs."""

    def extra(inputs, tensors):
        layer = taps.Peer(peer, tap=("outputs", tap), name="peer_tracker")
        answers, response = layer(inputs)
        return {_PEER: answers, _RESPONSE: response}

    return taps.extend(student, [tap], extra)
