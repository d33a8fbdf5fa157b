"""Hydra: every member of an ensemble teaches a head of its own.

Equation:  L = b 1/M sum_m T^2 KL(softmax(z_m / T) || softmax(h_m / T))
               + a H(y, 1/M sum_m softmax(h_m))
Symbols:   z_m (batch, classes) logits of teacher m of M; h_m those of the
           student's head m on the body that all heads share; T =
           `temperature`; a = `task_weight`; b = `weight`.
Paper:     Tran et al., *Hydra: Preserving Ensemble Diversity for Model
           Distillation*, 2020, arXiv:2001.04694.
Survey:    Sec 7.4, Eqn 23 for each head, Table 6, ref [230].
Differs:   confirmed from the paper's abstract and a summary: a shared body,
           one head a member, the mean of the divergences between a head and
           its teacher, softened, and a first phase with a single head. That
           phase is `hinton_kd` or `tmkd` of the ensemble's mean on the
           network that `tfkd.models.heads.split` then takes. T^2 and the
           label's term as elsewhere here; the paper's T was not confirmed.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import as_ensemble

CARD = Card(
    key="hydra",
    teacher="many",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "Y",
        "On-line": "N",
        "Mutual learning": "Y",
        "Major losses": "L_CE+L_Ens+KL",
    },
    example="""\
from tfkd.models.heads import split

student = split(student, 2)
""",
)


def build(
    *,
    teacher,
    student,
    heads: tuple | None = None,
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of at least two classifiers of the same classes.
        student: `tfkd.models.heads.split(classifier, len(teacher))`, or
            another network of as many heads.
        heads: Names of the taps h_m, in the order of the teachers; `head1`,
            `head2`, ... if absent.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, on what the student returns; labels are not
            needed where it is 0.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If heads do not fit the teachers, classes differ in
            number, or a number is out of range.
    """
    ensemble = as_ensemble(teacher)
    count = len(ensemble.members)
    if heads is None:
        heads = [f"head{number}" for number in range(1, count + 1)]
        found = [name for name in taps.names(student) if name[:4] == "head"]
    else:
        heads = found = list(heads)
    if count < 2 or len(heads) != count or not set(heads) <= {*found}:
        raise InputError(
            f"hydra needs a head for each of at least two teachers, received "
            f"{count} teachers and heads {found}. Make the student with "
            f"tfkd.models.heads.split(classifier, {max(count, 2)})."
        )
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            SoftTargets(
                teacher_tap=f"{index}/logits",
                student_tap=head,
                temperature=temperature,
                weight=weight,
                name=f"head_{index + 1}",
            )
            for index, head in enumerate(heads)
        ],
        distillation_loss_weights=[1.0 / count] * count,
        student_loss_weight=task_weight,
    )
