"""Snapshot distillation: the last cycle's weights teach the next cycle.

Equation:  cycle 1:   L = H(y, softmax(z_s))
           cycles 2+: L = a H(y, softmax(z_s))
                          + b T_s^2 KL(softmax(z_t / T) || softmax(z_s / T_s))
Symbols:   z_s (batch, classes) student's logits, z_t those of its weights at
           the end of the cycle before; T = `temperature`, T_s =
           `student_temperature`; a = `task_weight`; b = `weight`. A cycle
           has `cycle_steps` optimizer steps.
Paper:     Yang et al., *Snapshot Distillation: Teacher-Student Optimization
           in One Generation*, CVPR 2019, arXiv:1812.00123.
Survey:    Sec 4.1.1, Eqn 6 (with the student in its second term), Table 1,
           ref [266].
Differs:   confirmed from the abstract: the last snapshot of each cycle is
           the teacher of the whole next cycle, and the teacher's signal is
           smoothed. Inferred: the student is not (T_s = 1), T = 2, a and b.
           Give T_s = T for ordinary distillation. The learning rate is the
           optimizer's: pass a cyclic cosine of the same length,
           `keras.optimizers.schedules.CosineDecayRestarts(rate,
           first_decay_steps=cycle_steps, t_mul=1.0)`.
"""

from tfkd import schedules
from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.teachers import SnapshotTeacher

CARD = Card(
    key="snapshot_distillation",
    teacher="none",
    columns={
        "Method": "Softened labels and regularization",
        "Objective": "Eqn. 6",
    },
    options={"cycle_steps": 2},
)


def build(
    *,
    teacher=None,
    student,
    cycle_steps: int = 10000,
    temperature: float = 2.0,
    student_temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student teaches itself.
        student: Classifier.
        cycle_steps: Steps of a cycle, at least 1; a `fit` of no more
            distills nothing.
        temperature: T > 0, a number or schedule.
        student_temperature: T_s > 0, a number or schedule.
        weight: b >= 0 from the second cycle on.
        task_weight: a >= 0 from the second cycle on.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a teacher is given, or a number is out of range.
    """
    no_teacher("snapshot_distillation", teacher)
    cycle_steps = at_least(
        "snapshot_distillation", "cycle_steps", cycle_steps, 1
    )
    later = schedules.get(task_weight, "task_weight", minimum=0.0)
    return Distiller(
        student=student,
        teacher=SnapshotTeacher(cycle_steps),
        distillation_losses=SoftTargets(
            temperature=temperature,
            student_temperature=student_temperature,
            weight=schedules.after(cycle_steps, weight, "weight"),
        ),
        student_loss_weight=schedules.Until(cycle_steps, 1.0, later),
    )
