"""Mean teacher: agree with the average of one's own weights.

Equation:  L = H(y, softmax(z(x + e; theta)))
               + w(l) d(z(x + e'; theta'), z(x + e; theta))
           theta' <- m theta' + (1 - m) theta after every step
           w(l) = b exp(-5 (1 - l/R)^2) while l < R, then b
           d "mse": 1/C sum_c (softmax(z')_c - softmax(z)_c)^2
           d "kl":  KL(softmax(z') || softmax(z))
Symbols:   z (batch, C) logits; theta weights of the student, theta' of the
           teacher; e, e' ~ N(0, s^2); s = `stddev` in the units of x; m =
           `decay`, while l < R `ramp_decay`; b = `weight`; R =
           `ramp_steps`; l optimizer steps so far.
Paper:     Tarvainen & Valpola, *Mean teachers are better role models*,
           NeurIPS 2017, arXiv:1703.01780.
Survey:    Sec 7 and 13.1, Table 6, ref [225].
Differs:   confirmed from the authors' PyTorch code, for CIFAR-10: b = 100
           and the MSE of softmax outputs averaged over classes; m is 0.97
           there throughout. m = 0.99 and then 0.999 are those of the paper's
           text, from memory. Their TensorFlow code scales b by the share of
           labelled examples, and takes 1 for SVHN. Noise is all that
           the views differ in here: augment images in the input pipeline,
           with `x = {"student": ..., "teacher": ...}`. Label -1 marks an
           unlabelled example; batches keep the mix of the data set. The
           teacher normalizes by averages of the student's statistics; theirs
           by the batch's.
"""

from tfkd import distances
from tfkd import schedules
from tfkd.distillers import Distiller
from tfkd.errors import unknown
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.teachers import EMATeacher
from tfkd.transforms import GaussianNoise

CARD = Card(
    key="mean_teacher",
    teacher="none",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "Y",
        "Mutual learning": "N",
        "Major losses": "L_KD",
    },
    needs=("unlabelled",),
    options={"ramp_steps": 2},
)

_CONSISTENCY = {
    "mse": distances.SoftmaxMSE,
    "kl": distances.SoftmaxKL,
}


def build(
    *,
    teacher=None,
    student,
    weight: float = 100.0,
    consistency: str = "mse",
    ramp_steps: int = 40000,
    decay: float = 0.999,
    ramp_decay: float = 0.99,
    stddev: float = 0.15,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student teaches itself.
        student: Classifier; its dropout is noise for the teacher, too.
        weight: b >= 0; about 1 suits `"kl"`. A schedule is w itself.
        consistency: `"mse"` or `"kl"`.
        ramp_steps: R, at least 1.
        decay: m in [0, 1) after R steps.
        ramp_decay: m in [0, 1) before.
        stddev: s >= 0; the paper's 0.15 is for inputs of unit variance.
        task_weight: Factor of the task loss.
        seed: Whole number behind the noise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a teacher is given, or an argument is out of range.
    """
    no_teacher("mean_teacher", teacher)
    if consistency not in _CONSISTENCY:
        raise unknown("consistency of mean_teacher", consistency, _CONSISTENCY)
    ramp_steps = at_least("mean_teacher", "ramp_steps", ramp_steps, 1)
    # A constant is checked to be below 1; the schedule holds two of them.
    early, late = (EMATeacher(m).decay.value for m in (ramp_decay, decay))
    if not isinstance(weight, schedules.Schedule):
        top = schedules.get(weight, "weight", minimum=0.0).value
        weight = schedules.SigmoidRampUp(top, ramp_steps)
    return Distiller(
        student=student,
        teacher=EMATeacher(
            schedules.Piecewise([ramp_steps], [early, late]), training=True
        ),
        student_view=GaussianNoise(stddev, seed=seed),
        teacher_view=GaussianNoise(stddev, seed=seed + 1),
        distillation_losses=FeatureMatch(
            teacher_tap="logits",
            student_tap="logits",
            distance=_CONSISTENCY[consistency](),
            weight=weight,
            name="consistency",
        ),
        student_loss_weight=task_weight,
    )
