"""AdaptSegNet: masks of the target domain come to look like the source's.

Equation:  L = a mean_S H(y, z) + s r H(y, z')
               + b G(z) + b' G(z') ,  r H the mean over all images' pixels, 0
               in those of T
           G(z) = mean_T -log D(p) + 1/2 [ mean_S -log D(p)
                                        + mean_T -log(1 - D(p)) ]
Symbols:   S the images with masks y, the source domain; T those without
           (-1), the target; z (batch, h, w, classes) logits, p their
           softmax; z' those of a second classifier, on features below, in
           training only; D the sigmoid of a convolutional critic's scores of
           patches, one for each level, which learns from the bracket alone;
           a = `task_weight`, s = `low_task_weight`, b = `weight`, b' =
           `low_weight`.
Paper:     Tsai, Hung, Schulter, Sohn, Yang & Chandraker, *Learning to Adapt
           Structured Output Space for Semantic Segmentation*, CVPR 2018,
           arXiv:1802.10349.
Survey:    Sec 15.3.2, ref [231], which calls it alignment of teacher and
           student: there is no teacher.
Differs:   confirmed in the authors' code: both levels, s = 0.1, b = 0.001, b'
           = 0.0002, the factor 1/2, critics of 4x4 convolutions of stride 2
           with 64, 128, 256, 512 channels and leaky ReLUs on softmax maps, and
           `kind="lsgan"` as the other choice. There critics have an optimizer
           of their own with a step size of 1e-4, and no factor b; here the
           student's moves them at the same time, and b and b' scale what
           critics learn: take an optimizer that undoes that, such as Adam. s
           counts half as much as there where half a batch is of S. There
           source and target go through the network one after another; here a
           batch has both, and shares its statistics. The second classifier is
           a 1x1 convolution here.
"""

import keras

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import DomainGame
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import dense_logits
from tfkd.methods.checks import no_teacher
from tfkd.models import critics
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="adaptsegnet",
    teacher="none",
    needs=("unlabelled",),
    task="segmentation",
    options={"critic_filters": (4, 8)},
)
_LOW = "low_logits"


def build(
    *,
    teacher=None,
    student,
    feature_tap: str | None = None,
    weight: float = 0.001,
    low_weight: float = 0.0002,
    low_task_weight: float = 0.1,
    task_weight: float = 1.0,
    kind: str = "vanilla",
    critic_filters: tuple = (64, 128, 256, 512),
):
    """Builds the distiller.

    Args:
        teacher: `None`: there is no teacher.
        student: Segmenter to dense logits `(batch, height, width, classes)`,
            trained on images of the source with masks and images of the
            target without.
        feature_tap: Map that the second classifier reads; the last stage if
            absent.
        weight: b >= 0, a number or schedule.
        low_weight: b' >= 0, likewise.
        low_task_weight: s >= 0, likewise.
        task_weight: a >= 0, likewise; it does not scale s.
        kind: Of game, `"vanilla"` or `"lsgan"`.
        critic_filters: Channels of the critics' convolutions.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a teacher is given, logits are not dense, the tap is
            no map whose size divides theirs, or an argument is out of range.
    """
    no_teacher("adaptsegnet", teacher)
    dense_logits("adaptsegnet", student, student)
    shape = taps.shape(student, "logits")
    games = [
        DomainGame(
            critics.patches(shape, filters=critic_filters, probabilities=True),
            student_tap=tap,
            kind=kind,
            weight=factor,
            name=f"game_{tap}",
        )
        for tap, factor in (("logits", weight), (_LOW, low_weight))
    ]
    return Distiller(
        student=student,
        network=_two_levels(student, feature_tap, shape),
        teacher=SelfTeacher(),
        distillation_losses=[
            TaskLoss(student_tap=_LOW, weight=low_task_weight, name="low_task"),
            *games,
        ],
        student_loss_weight=task_weight,
    )


def _two_levels(student, feature_tap, shape):
    """The student, and a second classifier on a map below."""
    tap = feature_tap or taps.stages(student)[-1]
    below = taps.shape(student, tap)
    if len(below) != 4 or any(
        None in (large, small) or large % small
        for large, small in zip(shape[1:3], below[1:3])
    ):
        raise InputError(
            f"The tap {tap!r} of adaptsegnet must be a map whose height and "
            f"width divide those of the logits, received shape {below} and "
            f"logits {shape}. See what there is with "
            "tfkd.taps.summary(student)."
        )
    size = tuple(large // small for large, small in zip(shape[1:3], below[1:3]))

    def extra(inputs, tensors):
        x = keras.layers.Conv2D(shape[-1], 1, name="low", dtype="float32")(
            tensors[tap]
        )
        low = keras.layers.UpSampling2D(
            size, interpolation="bilinear", name=_LOW, dtype="float32"
        )(x)
        return {_LOW: low}

    return taps.extend(student, [tap, "logits"], extra)
