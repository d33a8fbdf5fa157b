"""MT-DNN distilled: an ensemble a task teaches one network of all tasks.

Equation:  L = sum_t [ a H(y_t, softmax(z_s^t))
                       + b KL(1/K_t sum_k softmax(z_k^t) || softmax(z_s^t)) ]
Symbols:   z_k^t, z_s^t (batch, classes) logits of task t of teacher k of K_t
           and of the student; a = `task_weight`; b = `weight`, 1/2 both:
           the mean of hard and soft targets. T = `temperature` softens as in
           `hinton_kd`; 1 in the equation.
Paper:     Liu, He, Chen & Gao, *Improving Multi-Task Deep Neural Networks via
           Knowledge Distillation for Natural Language Understanding*, 2019,
           arXiv:1904.09482.
Survey:    Sec 7.1, Eqn 23, ref [150].
Differs:   KL instead of cross-entropy: the same gradient. A batch carries
           labels of all tasks, -1 where a task has none, instead of examples
           of one task. Confirmed from the paper's figure and abstract: an
           ensemble a task, mean of the objectives of correct and of soft
           targets. Tasks without a teacher count with a alone: give them
           twice the weight in `compile(loss_weights=...)`.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import EnsembleSoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import by_task

CARD = Card(
    key="mtdnn_kd",
    teacher="many",
    task="sequence",
    example="""\
x, labels = task.task_data(64)
teachers = {"package": [teacher, task.model()]}
student = task.recurrent_model(num_classes=task.TASKS)
loss = {name: task.loss() for name in task.TASKS}
""",
)


def build(
    *,
    teacher,
    student,
    temperature: float = 1.0,
    weight: float = 0.5,
    task_weight: float = 0.5,
):
    """Builds the distiller.

    Args:
        teacher: A list of networks that know all tasks of the student; or a
            dict of task to a list of networks that know it, alone (their
            logits) or among others.
        student: Network with a dict of logits, one a task. Labels are a dict
            of the same keys; compile it with a dict of losses, such as
            `tfkd.tasks.sequence.loss()`, which ignores -1.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a task is none of the student's, classes differ in
            number, or a number is out of range.
    """
    ensemble, taught = by_task(teacher, taps.output_names(student))
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            EnsembleSoftTargets(
                teacher_taps=names,
                student_tap=task,
                temperature=temperature,
                weight=weight,
                name=f"soft_{task}",
            )
            for task, names in taught.items()
        ],
        student_loss_weight=task_weight,
    )
