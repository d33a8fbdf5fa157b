"""Noisy teachers: one teacher's perturbed logits stand for many teachers.

Equation:  L = b ||z' - z_s||_2^2 + a H(y, softmax(z_s)),
           z' = (1 + xi) z_t,  xi_c ~ N(0, s^2), for a share r of the
           examples of a batch;  z' = z_t for the others
Symbols:   z_t, z_s (batch, classes) logits; xi one number a logit;
           s = `stddev`; r = `share`; b = `weight`; a = `task_weight`.
Paper:     Sau & Balasubramanian, *Deep Model Compression: Distilling
           Knowledge from Noisy Teachers*, 2016, arXiv:1610.09650.
Survey:    Sec 7.3, Table 6, ref [206].
Differs:   confirmed from the abstract and from a summary of the paper: noise
           on the teacher's logits, of some examples, as a regularizer of
           logit regression. The factor 1 + xi, with a number for each logit,
           is that of a public library (KD_Lib), which draws whole batches
           instead of examples; r = 0.5 and s^2 = 0.1 are its defaults, as
           the paper's numbers could not be confirmed. b = 1/2 as in logit
           regression.
"""

from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.teachers import NoisyLogitsTeacher

CARD = Card(
    key="noisy_teacher",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "Y",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L2 (KD)",
    },
)


def build(
    *,
    teacher,
    student,
    stddev: float = 0.316,
    share: float = 0.5,
    weight: float = 0.5,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier, or a `tfkd.teachers.Teacher` with logits. Its
            answers must not be stored: they differ at every step.
        student: Classifier of the same classes.
        stddev: s >= 0. Unitless; 0 gives logit regression.
        share: r in [0, 1].
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0; labels are not needed where it is 0.
        seed: Whole number behind the noise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """
    return Distiller(
        student=student,
        teacher=NoisyLogitsTeacher(
            teacher, stddev=stddev, share=share, seed=seed
        ),
        distillation_losses=FeatureMatch(
            teacher_tap="logits",
            student_tap="logits",
            distance=LpDistance(p=2, reduce="sum"),
            weight=weight,
            name="noisy_logits",
        ),
        student_loss_weight=task_weight,
    )
