"""MKD: one small network fits the logits of a teacher on many tasks.

Equation:  L = b sum_t ||z_T^t - z_S^t||_2^2 + a sum_t H(y_t, softmax(z_S^t))
Symbols:   z_T^t, z_S^t (batch, classes) logits of task t of its teacher and
           of the student; a = `task_weight`; b = `weight`.
Paper:     Liu, Wang, Lin, Socher & Xiong, *MKD: a Multi-Task Knowledge
           Distillation Approach for Pretrained Language Models*, 2019,
           arXiv:1911.03588.
Survey:    Sec 7.1, Eqn 23, ref [145].
Differs:   confirmed from the paper's abstract, figure and summaries: a
           student of shared and task-specific layers, jointly distilled from
           logits, a transformer or an LSTM: see
           `tfkd.models.recurrent.build`, with attentive pooling. Inferred:
           the squared distance (the survey), and a = 0. A batch carries all
           tasks, instead of examples of one. `reduce="mean"` divides by the
           number of classes.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.teachers import by_task

CARD = Card(
    key="mkd_bilstm",
    zero_when_equal=True,
    task="sequence",
    example="""\
x, labels = task.task_data(64)
teacher = task.model(num_classes=task.TASKS)
student = task.recurrent_model(num_classes=task.TASKS)
loss = {name: task.loss() for name in task.TASKS}
""",
)


def build(
    *,
    teacher,
    student,
    weight: float = 1.0,
    task_weight: float = 0.0,
    reduce: str = "sum",
):
    """Builds the distiller.

    Args:
        teacher: Network that knows all tasks of the student; or a dict of
            task to the network that teaches it.
        student: Network with a dict of logits, one a task. Labels are a dict
            of the same keys; compile it with a dict of losses, such as
            `tfkd.tasks.sequence.loss()`, which ignores -1.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        reduce: `"sum"` or `"mean"` over the classes of a task.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a task is none of the student's or has several
            teachers, classes differ in number, or a number is out of range.
    """
    ensemble, taught = by_task(
        teacher, taps.output_names(student), one="mkd_bilstm"
    )
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=names[0],
                student_tap=task,
                distance=LpDistance(p=2, reduce=reduce),
                weight=weight,
                name=f"logits_{task}",
            )
            for task, names in taught.items()
        ],
        student_loss_weight=task_weight,
    )
