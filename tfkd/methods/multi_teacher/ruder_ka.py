"""Knowledge adaptation: teachers count as their domain is like the target.

Equation:  L = b T^2 KL(sum_i g_i softmax(z_i / T) || softmax(z_s / T))
               + a H(y, softmax(z_s)),
           g_i = sim(D_i, D) / sum_j sim(D_j, D)
Symbols:   z_i, z_s (batch, classes) logits of teacher i, which was trained on
           the source domain D_i, and of the student, on examples of the
           target domain D; sim = `similarities`; T = `temperature`;
           a = `task_weight`; b = `weight`.
Paper:     Ruder, Ghaffari & Breslin, *Knowledge Adaptation: Teaching to
           Adapt*, 2017, arXiv:1702.02052.
Survey:    Sec 7.1 and 7.4, Eqn 24, Table 6, ref [200].
Differs:   KL instead of cross-entropy: the same gradient. Similarities are
           numbers that the caller measures on the domains' data. Confirmed
           from the paper's abstract: several teachers, weighed by the
           similarity of their domains. Not confirmed: T, which is 1 here.
"""

from tfkd.distillers import Distiller
from tfkd.losses import EnsembleSoftTargets
from tfkd.methods.card import Card
from tfkd.numerics import shares
from tfkd.teachers import as_ensemble

CARD = Card(
    key="ruder_ka",
    teacher="many",
    status="simplified",
    simplified=(
        "the selection of confident target examples by their maximum cluster "
        "difference, which the paper adds for a single source"
    ),
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_KD",
    },
)


def build(
    *,
    teacher,
    student,
    similarities: tuple | None = None,
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of classifiers, one a source domain.
        student: Classifier of the same classes, trained on the target
            domain, which needs no labels where `task_weight` is 0.
        similarities: sim(D_i, D) >= 0 of each teacher, in their order, not
            all zero; the weights of an `EnsembleTeacher`, or equal, if
            absent.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If similarities do not fit the teachers, classes differ
            in number, or a number is out of range.
    """
    ensemble = as_ensemble(teacher)
    count = len(ensemble.members)
    if similarities is None:
        similarities = ensemble.weights_
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=EnsembleSoftTargets(
            teacher_taps=[f"{index}/logits" for index in range(count)],
            shares=shares("similarities", similarities, count),
            temperature=temperature,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
