"""Stochastic blocks: each batch is taught by a random sub-network.

Equation:  L = a H(y, softmax(z_s))
               + b T^2 KL(softmax(z_t / T) || softmax(z_s / T)),
           z_t = f_t(x; b_1, ..., b_L): block l of the teacher is left out
           where b_l = 0, b_l ~ Bernoulli(1 - p), drawn for every batch
Symbols:   z_t, z_s (batch, classes) logits; p = `rate`; T = `temperature`;
           a = `task_weight`; b = `weight`.
Paper:     Lee, Nguyen & Shin, *Stochasticity and Skip Connections Improve
           Knowledge Transfer*, 2019 (openreview.net/forum?id=HklA93NYwS).
Survey:    Sec 7.4, Table 6, ref [129].
Differs:   confirmed from the paper's abstract: stochastic blocks and skip
           connections in the teacher, whose sub-networks, drawn at random,
           teach by any loss. Inferred: one p for all blocks, no rescaling of
           those that are kept. Not confirmed: p, which is 0.2 here. Another
           method's loss takes `tfkd.teachers.SkippingTeacher(model)` as its
           teacher.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import SkippingTeacher

CARD = Card(
    key="stochastic_skip",
    status="simplified",
    simplified=(
        "the teacher is used as it was trained; whether and how the paper "
        "trains it with the dropped blocks could not be confirmed"
    ),
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "Y",
        "On-line": "Y",
        "Mutual learning": "Y",
        "Major losses": "N/A",
    },
    example="""\
teacher = tfkd.models.build("resnet", filters=(16, 32, 64), **shapes)
""",
)


def build(
    *,
    teacher,
    student,
    rate: float = 0.2,
    blocks: tuple | None = None,
    temperature: float = 4.0,
    weight: float = 0.9,
    task_weight: float = 0.1,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier with residual blocks, best trained with
            stochastic depth. Its answers must not be stored: they differ at
            every step.
        student: Classifier of the same classes.
        rate: p in [0, 1).
        blocks: `((first, last), ...)` names of layers: the result of `first`
            stands for that of `last` where the block is left out, over a
            skip connection that is added; all residual blocks if absent.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0; labels are not needed where it is 0.
        seed: Whole number behind the draws.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If there is no block, a block changes the shape, the
            classes differ in number, or a number is out of range.
    """
    return Distiller(
        student=student,
        teacher=SkippingTeacher(teacher, rate=rate, blocks=blocks, seed=seed),
        distillation_losses=SoftTargets(temperature=temperature, weight=weight),
        student_loss_weight=task_weight,
    )
