"""DDFlow: what a crop hides from the student, the teacher has seen.

Equation:  L = a P(f, v) + a P(b, v') + b sum_p m psi(F - f) / sum_p m
           m = V (1 - v)
Symbols:   f, b (batch, height, width, 2) the student's flows of a cropped
           pair, forward and back; F the teacher's of the whole pair, cropped;
           v, V 1 where a flow leads back; P the photometric difference of
           pixels with v = 1; psi(e) = (|e| + 0.01)^0.4; a =
           `photometric_weight`; b = `weight`.
Paper:     Liu, King, Lyu & Xu, *DDFlow: Learning Optical Flow with Unlabeled
           Data Distillation*, AAAI 2019, arXiv:1902.09145.
Survey:    Sec 15.4, Eqn 10, ref [147].
Differs:   confirmed in the authors' code: the check 0.01 and 0.5, the robust
           function, a teacher that stays as it is. There the difference of
           pixels is that of census transforms, the proxy counts in both
           directions, and both networks start alike.
"""

import keras

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import Photometric
from tfkd.losses import ProxyMap
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.teachers import PairMatchingTeacher
from tfkd.transforms import ReversedPair

CARD = Card(
    key="ddflow",
    status="simplified",
    simplified=(
        "pixels are compared themselves, not their census transforms, and "
        "the teacher answers forward only"
    ),
    task="displacement",
    options={"crop": 4, "value_range": (0.0, 16.0)},
    example="""\
# The student sees crops in training.
student = task.model(input_shape=(None, None, 2))
loss = None
""",
)


def build(
    *,
    teacher,
    student,
    crop: int = 32,
    value_range: tuple = (0.0, 255.0),
    photometric_weight: float = 1.0,
    weight: float = 1.0,
):
    """Builds the distiller.

    Fit it on pairs of images alone, and compile without a loss.

    Args:
        teacher: A network of flow, trained without labels, say by this very
            photometric difference; see `tfkd.tasks.displacement`.
        student: Likewise, for pairs of any size.
        crop: Pixels of each border that the student does not see, >= 1.
        value_range: `(low, high)` of raw images.
        photometric_weight: a >= 0, a number or schedule.
        weight: b >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a model is no network of flow, the student takes one
            size alone, or an argument is out of range.
    """
    crop = at_least("ddflow", "crop", crop, 1)
    shape = tuple(student.inputs[0].shape)
    if None not in shape[1:3]:
        raise InputError(
            "ddflow needs a student of pairs of any size: it sees crops in "
            f"training, and whole pairs later. Received one of {shape}. Give "
            "it input_shape=(None, None, 2 * channels)."
        )
    forward, back = "outputs", "auxiliary_outputs"
    losses = [
        Photometric(
            student_tap=first,
            back_tap=second,
            pair_tap=pair,
            pair_of="student",
            structure=0.0,
            smoothness=0.0,
            robust=True,
            value_range=value_range,
            weight=photometric_weight,
            name=f"photometric_{name}",
        )
        for first, second, pair, name in (
            (forward, back, "inputs", "forward"),
            (back, forward, "auxiliary", "back"),
        )
    ]
    losses.append(
        ProxyMap(
            teacher_tap="map",
            mask_tap="trusted",
            student_tap=forward,
            hidden_taps=(forward, back),
            crop=crop,
            kind="robust",
            weight=weight,
            name="hidden_flow",
        )
    )
    return Distiller(
        student=student,
        network=taps.with_auxiliary(student, ReversedPair()),
        student_view=keras.layers.Cropping2D(crop),
        teacher=PairMatchingTeacher(getattr(teacher, "model", teacher)),
        distillation_losses=losses,
        student_loss_weight=0.0,
    )
