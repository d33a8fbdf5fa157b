"""Temporal ensembling: agree with the average of one's earlier answers.

Equation:  L = a H(y, softmax(z)) + w(l) 1/C sum_c (Z~_c - softmax(z)_c)^2 ,
           z = z(v(x)) ,  Z~ = Z / (1 - m^n) , which then becomes
           Z <- m Z + (1 - m) softmax(z)
           w(l) = M/N b exp(-5 (1 - l/R)^2) while l < R, then M/N b
Symbols:   z (batch, C) logits under a draw of dropout and of a view v, as in
           `pi_model`; Z an example's memory, of n earlier answers, without
           which the second term is 0; m = `momentum`; M/N =
           `labelled_share`; b = `weight`; R = `ramp_steps`; l optimizer
           steps so far; a = `task_weight`; y labels, -1 for none.
Paper:     Laine & Aila, *Temporal Ensembling for Semi-Supervised Learning*,
           ICLR 2017, arXiv:1610.02242, Algorithm 2.
Survey:    Sec 13.1, ref [124].
Differs:   confirmed from code that is derived from the authors': m = 0.6, b
           = 30 for 4,000 labels of CIFAR-10, the factor M/N, softmax outputs
           averaged, the mean over classes, a sum of cross-entropies divided
           by all examples of the batch, a ramp of 80 epochs. The memory of
           an example moves when it is seen, once an epoch, which gives the
           paper's targets. Shifts bring zeros in, where theirs reflect the
           border.
"""

from tfkd import schedules
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import TemporalEnsemble
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.methods.checks import share_of_labels
from tfkd.teachers import SelfTeacher
from tfkd.transforms import noisy_view

CARD = Card(
    key="temporal_ensembling",
    teacher="none",
    needs=("index", "unlabelled"),
    options={"size": 64, "ramp_steps": 2, "pixels": 1, "mirror": True},
)


def build(
    *,
    teacher=None,
    student,
    size: int | None = None,
    weight: float = 30.0,
    momentum: float = 0.6,
    labelled_share: float = 1.0,
    ramp_steps: int = 40000,
    stddev: float = 0.15,
    pixels: int | None = None,
    mirror: bool = False,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Batches are `x = {"student": images, "index": numbers}`, where each
    training example has a number of its own in 0 to `size - 1`.

    Args:
        teacher: `None`: the student agrees with its past.
        student: Classifier, best with dropout.
        size: N, the number of training examples; must be given.
        weight: b >= 0. A schedule is w before the factor M/N.
        momentum: m in [0, 1).
        labelled_share: M/N in (0, 1], the part of examples with a label:
            give it, as the default is that of a set without others.
        ramp_steps: R, at least 1.
        stddev: s >= 0 of the noise, in the units of x.
        pixels: Largest shift of images, at least 0; 2 if absent, and 0 for
            inputs that are no images.
        mirror: Whether images are mirrored at random; not for digits.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the view.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a teacher is given, `size` is absent, what is shifted
            is no image, or an argument is out of range.
    """
    no_teacher("temporal_ensembling", teacher)
    if size is None:
        raise InputError(
            "temporal_ensembling remembers an answer to every training "
            "example: `size` must be their number, received None. Pass "
            "size=len(images)."
        )
    ramp_steps = at_least("temporal_ensembling", "ramp_steps", ramp_steps, 1)
    share = share_of_labels("temporal_ensembling", labelled_share)
    return Distiller(
        student=student,
        teacher=SelfTeacher(),
        student_view=noisy_view(
            student.input_shape,
            stddev=stddev,
            pixels=pixels,
            mirror=mirror,
            seed=seed,
        ),
        distillation_losses=TemporalEnsemble(
            size=size,
            momentum=momentum,
            weight=schedules.ramp_up(ramp_steps, weight, "weight"),
        ),
        distillation_loss_weights=share,
        student_loss_weight=task_weight,
    )
