"""Multi-task zipping: two trained networks merged, and lightly retrained.

Equation:  merging (`tfkd.models.zipping.zip_networks`), layer by layer:
               d_ij = 1/2 (w_i - w_j)^T H (w_i - w_j),
               H = (H_A^-1 + H_B^-1)^-1, pairs of the smallest d first,
               w = w_i + H_A^-1 H (w_j - w_i)
           retraining:
               L = sum_t [ a H(y_t, softmax(z_t))
                           + b T^2 KL(softmax(q_t / T) || softmax(z_t / T)) ]
Symbols:   w_i, w_j incoming weights of neurons of the networks A and B of two
           tasks; H_A, H_B mean outer products of the layer's inputs; z_t
           (batch, classes) logits of the merged network for task t; q_t
           those of the network that knew t before; T = `temperature`;
           a = `task_weight`; b = `weight`.
Paper:     He, Zhou & Thiele, *Multi-Task Zipping via Layer-wise Neuron
           Sharing*, NeurIPS 2018, arXiv:1805.09791.
Survey:    Sec 7.4, Table 6, ref [91].
Differs:   confirmed in the authors' code: d, H from the inputs of a layer,
           the greedy choice of pairs and the merged weights. There each
           position of a convolution's kernel has the same H, of channels;
           here H is of whole patches. Retraining there is on labels;
           the survey's table names a distillation loss besides: `weight=0`
           leaves it out.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import by_task

CARD = Card(
    key="mtz",
    teacher="many",
    status="simplified",
    simplified=(
        "networks that share a part of their neurons, residual networks and "
        "batch normalization: all hidden neurons of plain chains are shared; "
        "and retraining after every layer: here once, at the end"
    ),
    columns={
        "Ensemble logits": "N",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "Y",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L1+L_KD",
    },
    instead="joins two networks of two tasks",
    example="""\
from tfkd.models.zipping import zip_networks

plain = {**shapes, "batch_normalization": False}
teacher = tfkd.models.build("cnn", **plain)
other = tfkd.models.build("cnn", **plain)
teachers = {"digit": teacher, "parity": other}
student = zip_networks(teacher, other, x, names=tuple(teachers))
labels = {"digit": labels, "parity": labels % 2}
loss = {name: loss for name in teachers}
""",
)


def build(
    *,
    teacher,
    student,
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: A dict of task to the network that knows it.
        student: `tfkd.models.zipping.zip_networks(...)` of these networks,
            with the tasks as names; or another network with a dict of
            logits. Labels are a dict of the same keys; compile it with a
            dict of losses.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0; labels are not needed where it is 0.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a task is none of the student's, classes differ in
            number, or a number is out of range.
    """
    ensemble, taught = by_task(teacher, taps.output_names(student), one="mtz")
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            SoftTargets(
                teacher_tap=names[0],
                student_tap=task,
                temperature=temperature,
                weight=weight,
                name=f"soft_{task}",
            )
            for task, names in taught.items()
        ],
        student_loss_weight=task_weight,
    )
