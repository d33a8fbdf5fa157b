"""BAM: single-task teachers hand over to the labels, task by task.

Equation:  L = sum_t H(l y_t + (1 - l) softmax(z_T^t), softmax(z_s^t)) ,
           l = k / K at step k of K, then 1
           which is sum_t [ l H(y_t, p_s^t) + (1 - l) H(p_T^t, p_s^t) ]
Symbols:   z_T^t, z_s^t (batch, classes) logits of task t of its teacher and
           of the student; y_t its labels; l the share of the labels, which
           teacher annealing raises; K = `steps`. Times `weight` in the
           second term, `task_weight` in the first, 1 both.
Paper:     Clark, Luong, Khandelwal, Manning & Le, *BAM! Born-Again Multi-Task
           Networks for Natural Language Understanding*, ACL 2019,
           arXiv:1907.04829.
Survey:    Sec 11.1, Eqn 2, Table 8 (row "Clarm [47]"), ref [47].
Differs:   confirmed from the authors' code: l is the share of training that
           is done, temperature 1, a sum of both in the target. KL instead of
           cross-entropy in the second term: the same gradient. Without
           annealing that code has a fixed share, here schedules of
           `tfkd.schedules` as weights. A batch carries labels of all tasks,
           -1 where a task has none: only the teacher's part counts there.
           A loss that is compiled with `ignore_class=-1` is a mean over the
           labelled examples alone, the teacher's part one over the batch:
           with few labels a batch they weigh more than l.
           Tasks with numbers as labels are not handled.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import EnsembleSoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.teachers import by_task

CARD = Card(
    key="bam",
    teacher="many",
    task="sequence",
    columns={
        "Logits": "Y",
        "Hints": "N",
        "Data augmentation": "N",
        "Deep supervision": "N",
        "One stage": "N",
        "Multi-task": "Y",
        "Architecture transformation": "N",
    },
    options={"steps": 4},
    example="""\
x, labels = task.task_data(64)
other = task.model(num_classes=2)
teachers = {"package": teacher, "opening": other}
student = task.model(num_classes=task.TASKS)
loss = {name: task.loss() for name in task.TASKS}
""",
)


def build(
    *,
    teacher,
    student,
    steps: int = 10000,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: A dict of task to the network that knows it, alone (its
            logits) or among others; or a network that knows all tasks.
        student: Network with a dict of logits, one a task. Labels are a dict
            of the same keys; compile it with a dict of losses, such as
            `tfkd.tasks.sequence.loss()`, which ignores -1.
        steps: K, the steps of the whole training, at least 1.
        weight: Factor of the teachers' part. A schedule replaces 1 - l.
        task_weight: Factor of the labels' part. A schedule replaces l.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a task is none of the student's, classes differ in
            number, or a number is out of range.
    """
    steps = at_least("bam", "steps", steps, 1)
    ensemble, taught = by_task(teacher, taps.output_names(student))
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            EnsembleSoftTargets(
                teacher_taps=names,
                student_tap=task,
                weight=_annealed(weight, "weight", steps, falling=True),
                name=f"soft_{task}",
            )
            for task, names in taught.items()
        ],
        student_loss_weight=_annealed(
            task_weight, "task_weight", steps, falling=False
        ),
    )


def _annealed(value, name, steps, *, falling):
    """Returns a number times 1 - l or l; a schedule stays as it is."""
    if isinstance(value, schedules.Schedule):
        return value
    top = schedules.get(value, name, minimum=0.0).value
    start, end = (top, 0.0) if falling else (0.0, top)
    return schedules.Linear(start, end, steps)
