"""Knowledge concentration: specialists of many classes in one network.

Equation:  L = a H(y, softmax(z_s))
               + sum_i w_i(n) 1[y in L_i]
                     T^2 KL(softmax(z_i / T) || softmax(z_s[L_i] / T)),
           w_i(n) = b max(0, 1 - n / N_i)
Symbols:   z_i (batch, |L_i|) logits of specialist i, which knows the classes
           L_i of `label_sets`; z_s (batch, classes) the student's, z_s[L_i]
           those of L_i; y label; n step; N_i = `paces`: where the soft
           targets of specialist i have given way to labels; T =
           `temperature`; a = `task_weight`; b = `weight`.
Paper:     Gao, Guo, Li & Nevatia, *Knowledge Concentration: Learning 100K
           Object Classifiers in a Single CNN*, 2017, arXiv:1711.07607.
Survey:    Sec 7.5, Eqn 24, ref [70].
Differs:   confirmed from the paper's abstract: several teachers of their own
           classes, one student of all, and that it learns from different
           teachers at various paces. Inferred: that an example's own
           specialists teach it, restricted to what they know, and the linear
           way from soft targets to labels. Not confirmed: T, a, b and N_i.
"""

from tfkd import schedules
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SubsetSoftTargets
from tfkd.methods.card import Card
from tfkd.methods.label_sets import checked_sets
from tfkd.teachers import as_ensemble

CARD = Card(
    key="knowledge_concentration",
    teacher="many",
    status="simplified",
    simplified=(
        "the rule that sets each teacher's pace, which could not be confirmed "
        "and is an argument here, and the structurally connected layers, "
        "which are a matter of the student's architecture"
    ),
    example="""\
shapes["num_classes"] = 5
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
other = tfkd.models.build("cnn", filters=(8, 16, 32), **shapes)
options = {"label_sets": (range(5), range(5, 10))}
""",
)


def build(
    *,
    teacher,
    student,
    label_sets: tuple | None = None,
    paces: tuple | None = None,
    own_examples: bool = True,
    temperature: float = 2.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of classifiers of their own sets of classes each.
        student: Classifier of all classes.
        label_sets: `((0, 1, 2), (3, 4), ...)`: of each teacher, the
            student's class that each of its logits scores; all of the
            student's classes for every teacher if absent.
        paces: N_i >= 1 in steps, one number a teacher; soft targets that
            stay if absent.
        own_examples: Whether a specialist teaches the labelled examples of
            its classes alone, or every example, without a label too.
        temperature: T > 0, a number or schedule.
        weight: b >= 0.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If sets or paces do not fit the teachers, or a number is
            out of range.
    """
    ensemble = as_ensemble(teacher)
    sets = checked_sets(
        "knowledge_concentration", label_sets, ensemble, student
    )
    if paces is not None and len(paces) != len(sets):
        raise InputError(
            "knowledge_concentration needs one pace for each of "
            f"{len(sets)} teachers, received {paces}."
        )
    start = schedules.get(weight, "weight", minimum=0.0)
    weights = [
        start if paces is None else schedules.Linear(weight, 0.0, paces[index])
        for index in range(len(sets))
    ]
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            SubsetSoftTargets(
                teacher_tap=f"{index}/logits",
                classes=classes,
                own_examples=own_examples,
                temperature=temperature,
                weight=weights[index],
                name=f"specialist_{index}",
            )
            for index, classes in enumerate(sets)
        ],
        student_loss_weight=task_weight,
    )
