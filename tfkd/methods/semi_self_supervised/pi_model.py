"""Pi-model: two noisy looks at an example, one answer.

Equation:  L = a H(y, softmax(z)) + w(l) 1/C sum_c (softmax(z)_c
                                                    - softmax(z')_c)^2,
           z = z(v(x)), z' = z(v'(x)) of one network, both with gradient
           w(l) = M/N b exp(-5 (1 - l/R)^2) while l < R, then M/N b
Symbols:   z, z' (batch, C) logits under two draws of dropout and of views
           v, v': a shift by up to `pixels`, a mirror image if `mirror`, and
           noise of N(0, s^2), s = `stddev` in the units of x; M/N =
           `labelled_share`; b = `weight`; R = `ramp_steps`; l optimizer
           steps so far; a = `task_weight`; y labels, -1 for none.
Paper:     Laine & Aila, *Temporal Ensembling for Semi-Supervised Learning*,
           ICLR 2017, arXiv:1610.02242, Algorithm 1.
Survey:    Sec 13.1, ref [124].
Differs:   confirmed from the authors' code: b = 100, s = 0.15 for inputs of
           unit variance, shifts of 2 pixels, the factor M/N, the mean over
           classes, gradients in both passes, a sum of cross-entropies
           divided by all examples of the batch; the ramp lasts 80 epochs
           there and has w = 0 in the first. There an image is mirrored in
           both views or in none, shifts reflect the border (here zeros come
           in), and each pass has its own batch statistics (here one pass
           has both views).
"""

import keras

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import Consistency
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.teachers import SelfTeacher
from tfkd.transforms import GaussianNoise
from tfkd.transforms import RandomShift

CARD = Card(
    key="pi_model",
    teacher="none",
    needs=("unlabelled",),
    options={"ramp_steps": 2, "pixels": 1, "mirror": True},
)


def build(
    *,
    teacher=None,
    student,
    weight: float = 100.0,
    labelled_share: float = 1.0,
    ramp_steps: int = 40000,
    stddev: float = 0.15,
    pixels: int | None = None,
    mirror: bool = False,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student agrees with itself.
        student: Classifier, best with dropout.
        weight: b >= 0. A schedule is w itself.
        labelled_share: M/N in (0, 1], the part of examples with a label:
            give it, as the default is that of a set without others.
        ramp_steps: R, at least 1.
        stddev: s >= 0.
        pixels: Largest shift of images, at least 0; 2 if absent, and 0 for
            inputs that are no images.
        mirror: Whether images are mirrored at random; not for digits.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the views.

    Returns:
        A `Distiller`, not compiled. Its `network` runs both views.

    Raises:
        InputError: If a teacher is given, what is shifted is no image, or an
            argument is out of range.
    """
    no_teacher("pi_model", teacher)
    if not 0 < labelled_share <= 1:
        raise InputError(
            "labelled_share of pi_model must be in (0, 1], received "
            f"{labelled_share!r}: labelled examples over all examples."
        )
    ramp_steps = at_least("pi_model", "ramp_steps", ramp_steps, 1)
    if not isinstance(weight, schedules.Schedule):
        top = schedules.get(weight, "weight", minimum=0.0).value
        weight = schedules.SigmoidRampUp(labelled_share * top, ramp_steps)
    return Distiller(
        student=student,
        network=taps.with_view_pair(
            student, ["logits"], _view(student, stddev, pixels, mirror, seed)
        ),
        teacher=SelfTeacher(),
        distillation_losses=Consistency(second_tap="logits_2", weight=weight),
        student_loss_weight=task_weight,
    )


def _view(student, stddev, pixels, mirror, seed):
    """Returns the layer that makes a view."""
    noise = GaussianNoise(stddev, seed=seed)
    if pixels is None:
        pixels = 2 if len(student.input_shape) == 4 else 0
    if pixels == 0 and not mirror:
        return noise
    return keras.Sequential([RandomShift(pixels, mirror, seed=seed), noise])
