"""DDFlow: what a crop hides from the student, the teacher has seen.

Equation:  L = a [P(f, v) + P(b, v')] + b [D(F - f, V (1 - v))
                                               + D(B - b, V' (1 - v'))]
           P(f, v) = sum_p v psi(H(I, W_f)) / sum_p v
           D(e, m) = sum_p m psi(e) / sum_p m,  psi(e) = (|e| + 0.01)^0.4
Symbols:   f, b (batch, height, width, 2) the student's flows of a cropped
           pair, forward and back; F, B the teacher's of the whole pair,
           cropped at the same place, which is drawn for each batch; v, V 1
           where f, F lead back, v', V' where b, B do; I, W_f the first image,
           and the second where f points to; H how their census transforms
           differ; a = `photometric_weight`; b = `weight`.
Paper:     Liu, King, Lyu & Xu, *DDFlow: Learning Optical Flow with Unlabeled
           Data Distillation*, AAAI 2019, arXiv:1902.09145.
Survey:    Sec 15.4, Eqn 10, ref [147].
Differs:   confirmed in the authors' code: the check 0.01 and 0.5, the robust
           function, windows of 7x7, the mean of D over both directions, a
           teacher that stays as it is, one place of the crop for a batch.
           There a = b, as P is halved, too: a = 1 is ours. There both
           networks are alike, and the student starts where the teacher is;
           pixels are gray, here the mean of channels.
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
from tfkd.transforms import RandomCrop
from tfkd.transforms import ReversedPair

CARD = Card(
    key="ddflow",
    task="displacement",
    options={"crop": 4, "value_range": (0.0, 16.0), "census": 3},
    example="""\
# The student sees crops in training.
student = task.model(input_shape=(None, None, 2))
loss = None
""",
)
# Where a crop begins, a tap of the network.
_CORNER = "corner"


def build(
    *,
    teacher,
    student,
    crop: int = 32,
    value_range: tuple = (0.0, 255.0),
    census: int = 7,
    photometric_weight: float = 1.0,
    weight: float = 0.5,
    seed: int = 0,
):
    """Builds the distiller.

    Fit it on pairs of images alone, and compile without a loss.

    Args:
        teacher: A network of flow, trained without labels, say by
            `tfkd.losses.Photometric`; see `tfkd.tasks.displacement`.
        student: Likewise, for pairs of any size; best trained so, too.
        crop: Half of the rows, and of the columns, that the student does not
            see, >= 1.
        value_range: `(low, high)` of raw images.
        census: Width of the windows of H, odd; 0 for |I - W_f| itself.
        photometric_weight: a >= 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        seed: Whole number behind the places of the crops.

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
    losses = []
    for there, and_back, pair, known, suffix in (
        (forward, back, "inputs", "", "forward"),
        (back, forward, "auxiliary", "_back", "back"),
    ):
        seen = Photometric(
            student_tap=there,
            back_tap=and_back,
            pair_tap=pair,
            pair_of="student",
            structure=0.0,
            smoothness=0.0,
            census=census,
            robust=True,
            value_range=value_range,
            weight=photometric_weight,
            name=f"photometric_{suffix}",
        )
        hidden = ProxyMap(
            teacher_tap=f"map{known}",
            mask_tap=f"trusted{known}",
            student_tap=there,
            hidden_taps=(there, and_back),
            crop=crop,
            corner_tap=_CORNER,
            kind="robust",
            weight=weight,
            name=f"hidden_{suffix}",
        )
        losses += [seen, hidden]
    return Distiller(
        student=student,
        network=_placed(taps.with_auxiliary(student, ReversedPair())),
        student_view=RandomCrop(crop, seed=seed),
        teacher=PairMatchingTeacher(getattr(teacher, "model", teacher)),
        distillation_losses=losses,
        student_loss_weight=0.0,
    )


def _placed(network):
    """A network that is also given where its inputs lie, and returns it."""
    corner = keras.Input((2,), dtype="int32", name=_CORNER)
    place = keras.layers.Identity(dtype="int32", name=f"{_CORNER}_tap")(corner)
    return keras.Model(
        [network.input, corner],
        {**network.output, _CORNER: place},
        name=network.name,
    )
