"""Self-ensembling: a mean teacher guides what it is sure of in a new domain.

Equation:  L = a mean_S H(y, softmax(z))
               + b { mean_T 1[max_c p'_c >= m] 1/C sum_c (p'_c - p_c)^2
                     + g r sum_c BCE(mean_T p_c, 1/C) }
           r = mean_T 1[max_c p'_c >= m]
           theta' <- d theta' + (1 - d) theta after every step
Symbols:   S the examples with a label, the source domain; T those without
           (label -1), the target; z (batch, C) the student's logits, p =
           softmax(z); p' likewise of the teacher theta', for another random
           view; batch normalization in both takes the statistics of S for S
           and of T for T; m = `threshold`; b = `weight`; g =
           `balance_weight`; d = `decay`; a = `task_weight`.
Paper:     French, Mackiewicz & Fisher, *Self-ensembling for visual domain
           adaptation*, ICLR 2018, arXiv:1706.05208.
Survey:    Sec 13.1 and 15.3.1, ref [62], among methods for segmentation: it
           classifies.
Differs:   confirmed from the authors' code: both terms on the target alone,
           each domain in a forward pass of its own, the source first, and the
           teacher in training mode, a threshold of 0.968 instead of a ramp-up,
           the mean over classes of squares and the sum over classes of
           cross-entropies times r, b = 3, g = 0.005, d = 0.99. There a batch
           has as many examples of each domain; here as many as it comes with,
           and a compiled loss without `ignore_class=-1` is a mean over both:
           with half of each, b = 3 counts as 6 there. There the teacher is
           kept at the end; here the student, whose moving averages follow both
           domains. Views are shifts by 2 pixels and noise of 0.1, as there;
           for its affine maps and its changes of intensity, augment in the
           input pipeline with `x = {"student": ..., "teacher": ...}`.
"""

from tfkd import schedules
from tfkd.distillers import TwoDomainDistiller
from tfkd.losses import ClassBalance
from tfkd.losses import ConfidentMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.teachers import EMATeacher
from tfkd.transforms import noisy_view

CARD = Card(
    key="self_ensembling_da",
    teacher="none",
    needs=("unlabelled",),
    options={"threshold": 0.2, "pixels": 1},
)


def build(
    *,
    teacher=None,
    student,
    threshold: float = 0.968,
    weight: float = 3.0,
    balance_weight: float = 0.005,
    decay: float = 0.99,
    stddev: float = 0.1,
    pixels: int | None = None,
    mirror: bool = False,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student teaches itself.
        student: Classifier, trained on examples of the source with labels
            and examples of the target without.
        threshold: m in [0, 1).
        weight: b >= 0, a number or schedule.
        balance_weight: g >= 0.
        decay: d in [0, 1).
        stddev: Of the noise on both views, >= 0, in the units of x.
        pixels: Largest shift of images, at least 0; 2 if absent, and 0 for
            inputs that are no images.
        mirror: Whether images are mirrored at random; not for digits.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the views.

    Returns:
        A `TwoDomainDistiller`, not compiled.

    Raises:
        InputError: If a teacher is given, what is shifted is no image, or an
            argument is out of range.
    """
    no_teacher("self_ensembling_da", teacher)
    balance = schedules.get(balance_weight, "balance_weight", minimum=0.0)
    views = [
        noisy_view(
            student.input_shape,
            stddev=stddev,
            pixels=pixels,
            mirror=mirror,
            seed=number,
        )
        for number in (seed, seed + 1)
    ]
    return TwoDomainDistiller(
        student=student,
        teacher=EMATeacher(decay, training=True, batch_statistics=True),
        student_view=views[0],
        teacher_view=views[1],
        distillation_losses=[
            ConfidentMatch(
                threshold=threshold, weight=weight, name="consistency"
            ),
            ClassBalance(threshold=threshold, weight=weight),
        ],
        distillation_loss_weights=[1.0, balance.value],
        student_loss_weight=task_weight,
    )
