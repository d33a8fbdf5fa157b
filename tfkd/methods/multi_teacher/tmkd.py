"""TMKD: several teachers, first on any text, then on labelled examples.

Equation:  L = b 1/m sum_i T^2 KL(softmax(z_i / T) || softmax(z_s^i / T))
               + a(n) H(y, softmax(z_s))
           stage 1 (`pretrain_steps` steps):  a = 0, no label is needed
           stage 2:                           a = `task_weight`
Symbols:   z_i (batch, classes) logits of teacher i of m; z_s the student's;
           z_s^i its head for teacher i, z_s itself where it has one head;
           n step; T = `temperature`; b = `weight`.
Paper:     Yang, Shou, Gong, Lin & Jiang, *Model Compression with Two-stage
           Multi-teacher Knowledge Distillation for Web Question Answering
           System*, WSDM 2020, arXiv:1910.08381.
Survey:    Sec 7.1, Eqn 23, Table 6, ref [269], cited as [268] too.
Differs:   stages are a schedule of a within one `fit`. For another corpus in
           stage 1, build it twice: first on the corpus, with labels of -1,
           then with `pretrain_steps=0`. Confirmed from the paper's abstract
           and summaries: pre-training on unlabelled text with the teachers'
           scores as targets, then labels and the soft scores of several
           teachers at once. Inferred: KL. Not confirmed: T, a and b.
"""

from tfkd import schedules
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.teachers import as_ensemble

CARD = Card(
    key="tmkd",
    teacher="many",
    status="simplified",
    simplified="the divergence of the teachers' scores has an inferred form",
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
    options={"pretrain_steps": 1},
    task="sequence",
    example="""\
teachers = [teacher, task.model()]
""",
)


def build(
    *,
    teacher,
    student,
    heads: tuple | None = None,
    pretrain_steps: int = 1000,
    temperature: float = 1.0,
    weight: float = 0.5,
    task_weight: float = 0.5,
):
    """Builds the distiller.

    Args:
        teacher: A list of classifiers.
        student: Classifier of the same classes.
        heads: Names of the student's taps z_s^i, in the order of the
            teachers; their mean, for one, may be its logits. Its logits for
            all teachers if absent.
        pretrain_steps: Steps of stage 1, at least 0.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0 in stage 2, a number or schedule of its steps.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If heads do not fit the teachers, classes differ in
            number, or a number is out of range.
    """
    ensemble = as_ensemble(teacher)
    count = len(ensemble.members)
    heads = ("logits",) * count if heads is None else tuple(heads)
    if len(heads) != count:
        raise InputError(
            f"tmkd needs one head for each of {count} teachers, received "
            f"{heads}. Leave `heads` out where the student has one for all."
        )
    start = at_least("tmkd", "pretrain_steps", pretrain_steps, 0)
    task = schedules.get(task_weight, "task_weight", minimum=0.0)
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            SoftTargets(
                teacher_tap=f"{index}/logits",
                student_tap=head,
                temperature=temperature,
                weight=weight,
                name=f"soft_targets_{index}",
            )
            for index, head in enumerate(heads)
        ],
        distillation_loss_weights=[1.0 / count] * count,
        student_loss_weight=schedules.After(start, task),
    )
