"""Geometry guides video: disparities are learned, and the flow is not lost.

Equation:  L = a L_disparity(d(F_s(x)), y) + b mean (g(F_s(x)) - f_t(x))^2
Symbols:   x a pair of images; y the disparity between them; F_s features of
           the student, which start as the teacher's; d its answer, g a copy
           of the teacher's last layer, trained besides; f_t (batch, height,
           width, 2) the flow by the teacher, the network of the stage
           before; a = `task_weight`; b = `weight`.
Paper:     Gan, Gong, Liu, Su & Guibas, *Geometry Guided Convolutional Neural
           Networks for Self-Supervised Video Representation Learning*, CVPR
           2018.
Survey:    Sec 15.6.1, ref [67]; Eqn 10 between two stages.
Differs:   confirmed from the abstract: flow of synthetic images and disparity
           of 3-D movies as labels that cost nothing, learned one after the
           other, which is better than both at once; that distillation is
           among what the paper builds on, from its references. From the
           survey: it keeps the first stage's knowledge in the second.
           Inferred: the squared difference of flows on pairs of the second
           stage, and b.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card

CARD = Card(
    key="geometry_guided_video",
    status="simplified",
    simplified=(
        "the second stage alone: the first is plain training of the teacher, "
        "the third plain training of the student on labelled videos; the "
        "formula is inferred"
    ),
    task="displacement",
    example="""\
x, labels = task.data(64, stereo=True)
student = task.model(channels=1)
""",
)

_FLOW = "kept_flow"


def build(
    *,
    teacher,
    student,
    tap: str = "decoder",
    start_from_teacher: bool = True,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network of the first stage, from pairs to flows.
        student: Network from pairs to disparities.
        tap: Name of F in both: what the last layer of each reads.
        start_from_teacher: Whether F_s gets the teacher's weights now; both
            are then of one architecture.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the tap is not before the teacher's last layer,
            architectures differ where weights are copied, or a number is out
            of range.
    """
    network = getattr(teacher, "model", teacher)
    last = _last_layer(network, tap)
    if start_from_teacher:
        _copy(network, student, tap)

    def flow(_, tensors):
        own = tensors[tap]
        head = last.__class__.from_config({**last.get_config(), "name": _FLOW})
        found = head(own)
        if [w.shape for w in head.weights] == [w.shape for w in last.weights]:
            head.set_weights(last.get_weights())
        return {_FLOW: found}

    return Distiller(
        student=student,
        network=taps.extend(student, [tap], flow),
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap="outputs",
            student_tap=_FLOW,
            weight=weight,
            name="flow",
        ),
        student_loss_weight=task_weight,
    )


def _last_layer(model, tap):
    """Returns the one layer between a tap and the output."""
    before = {id(layer) for layer in taps.layers_of(model, tap)}
    found = [
        layer
        for layer in taps.layers_of(model, "outputs")
        if id(layer) not in before
    ]
    if len(found) != 1 or not found[0].weights:
        raise InputError(
            f"geometry_guided_video copies the layer of the teacher that "
            f"reads the tap {tap!r}, and between this and the output are "
            f"{[layer.name for layer in found]}. Name the tap before the last "
            "layer, such as 'decoder' of tfkd.tasks.displacement.model()."
        )
    return found[0]


def _copy(teacher, student, tap):
    """Gives the student's layers up to a tap the teacher's weights."""
    bodies = [taps.until(model, tap) for model in (teacher, student)]
    shapes = [[tuple(w.shape) for w in body.weights] for body in bodies]
    if shapes[0] != shapes[1]:
        raise InputError(
            "The student's features start as the teacher's, and networks up "
            f"to the tap {tap!r} have weights of other shapes: "
            f"{len(shapes[0])} of the teacher, {len(shapes[1])} of the "
            "student. Build both alike, or pass start_from_teacher=False."
        )
    bodies[1].set_weights(bodies[0].get_weights())
