"""Adversarial feature distillation of spectrogram classifiers, at all levels.

Equation:  L = a H(y, softmax(z_s))
               + c T^2 KL(softmax(z_t / T) || softmax(z_s / T))
               + sum_k [b mean (F_t^k - r(F_s^k))^2
                        + g L_adv(D_k(F_t^k), D_k(r(F_s^k)))]
           critics:  -log D_k(F_t) - log(1 - D_k(r(F_s)))
           student:  -log D_k(r(F_s))
Symbols:   F_t^k, F_s^k (batch, time, frequency, channels) maps at level k; r
           a 1x1 convolution where channels or sizes differ, trained with the
           student; D_k = sigmoid of a convolutional critic a level; z_t, z_s
           (batch, classes) logits; y labels; T = `temperature`; a =
           `task_weight`; b = `weight`; c = `soft_weight`; g =
           `adversarial_weight`.
Paper:     Gao, Mi, Zhu, Feng, Li & Peng, *An Adversarial Feature
           Distillation Method for Audio Classification*, IEEE Access 2019.
Survey:    Sec 5, ref [72], cited in a group only.
Differs:   confirmed from the paper's abstract: features are distilled at
           several levels, with an adversarial learning strategy, for scene
           classification, tagging and speech commands. Inferred: the squared
           error, soft targets, D_k's layers and all weights. Inputs are any
           spectrogram-like image. Updates are simultaneous, the student's
           term is the non-saturating one.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import Adversarial
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.models import critics
from tfkd.transforms.regressor import fitting

CARD = Card(
    key="afd_audio",
    status="simplified",
    simplified=(
        "the paper beyond its abstract could not be confirmed: the forms of "
        "the losses, the critics and the weights are inferred; making "
        "spectrograms of sound is left to the input pipeline"
    ),
    options={"critic_filters": (4, 8)},
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    weight: float = 1.0,
    adversarial_weight: float = 0.1,
    temperature: float = 4.0,
    soft_weight: float = 0.9,
    task_weight: float = 0.1,
    critic_filters: tuple = (64, 128),
):
    """Builds the distiller.

    Args:
        teacher: Classifier of spectrograms with convolutional stages.
        student: Classifier of the same classes, likewise.
        pairs: `((teacher_tap, student_tap), ...)`, the levels; the stages,
            paired from the last, if absent.
        weight: b >= 0, a number or schedule.
        adversarial_weight: g >= 0, likewise; it scales the critics' losses
            too.
        temperature: T > 0, likewise.
        soft_weight: c >= 0, likewise.
        task_weight: a >= 0, likewise.
        critic_filters: Channels of each critic's convolutions.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no map of known size,
            classes differ in number, or a number is out of range.
    """
    pairs = tuple(pairs or taps.stage_pairs(teacher, student))
    losses = [SoftTargets(temperature=temperature, weight=soft_weight)]
    for level, (teacher_tap, _) in enumerate(pairs):
        ends = {"teacher_tap": teacher_tap, "student_tap": f"level{level}"}
        critic = critics.maps(
            taps.shape(teacher, teacher_tap), filters=critic_filters
        )
        losses += [
            FeatureMatch(**ends, weight=weight, name=f"features{level}"),
            Adversarial(
                critic, **ends, weight=adversarial_weight, name=f"game{level}"
            ),
        ]
    return Distiller(
        student=student,
        network=_with_levels(teacher, student, pairs),
        teacher=teacher,
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )


def _with_levels(teacher, student, pairs):
    """The student with r(F_s^k) as taps: both losses of a level read one."""

    def extra(inputs, tensors):
        made = {}
        for level, (teacher_tap, student_tap) in enumerate(pairs):
            own = tensors[student_tap]
            to_teacher = fitting(taps.shape(teacher, teacher_tap), own.shape)
            made[f"level{level}"] = to_teacher(own)
        return made

    own = dict.fromkeys(("logits", *(pair[1] for pair in pairs)))
    return taps.extend(student, tuple(own), extra)
