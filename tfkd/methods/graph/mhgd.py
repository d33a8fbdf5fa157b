"""MHGD: attention heads see the same relations in teacher and student.

Equation:  stage 1 (`estimator_steps` steps), the attention network alone:
             L = sum_l 1 - cos(e_l(A_l(t), f_t), b_t)
           stage 2:
             L = a H(y, softmax(z_s)) + b sum_l sum_h mean_i
                 KL(softmax_j(tanh A_l(t)_hij) || softmax_j(tanh A_l(s)_hij)),
             the gradient of the second term clipped to the length of the
             first one's, weight by weight
           A_l(x)_hij = <BN(W_h b_i), BN(V_h f_j)>
Symbols:   f, b (batch, channels) first right singular vectors of an
           example's maps at two neighbouring sensing points l, the student's
           aligned to the teacher's; h heads; i, j examples of the batch; e
           estimates b from f and the graph A; a = `task_weight`; b =
           `weight`.
Paper:     Lee & Song, *Graph-based Knowledge Distillation by Multi-head
           Attention Network*, BMVC 2019, arXiv:1907.02226.
Survey:    Sec 6.1, Table 5 (row "MHKD"), ref [131].
Differs:   confirmed from the authors' public code: all of it, eight heads,
           40 epochs of stage 1. There the divergence is a sum over the batch,
           which clipping hides, and of the student's graph from the
           teacher's (`reverse=True`); here the survey's KL. Clipping starts
           slowly there. Stages are schedules of the weights within one
           `fit`: in stage 1 only its own regularizers, statistics and weight
           decay move the student. A map of other width is sent through a
           1x1 convolution with batch normalization.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import ClippedDistiller
from tfkd.losses import MultiHeadGraph
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least

CARD = Card(
    key="mhgd",
    columns={
        "Purpose": "Model compression",
        "Graph type": "Knowledge graph",
        "Knowledge type": "Middle layers",
        "Distance": "KL",
        "Graph embedding": "SVD [130] + attention",
    },
    options={"estimator_steps": 2, "heads": 2},
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    estimator_steps: int = 15600,
    heads: int = 8,
    weight: float = 1.0,
    task_weight: float = 1.0,
    reverse: bool = False,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Network with convolutional stages.
        student: Likewise.
        pairs: `((teacher_tap, student_tap), ...)`, at least two sensing
            points from front to back; the stages, paired from the last, if
            absent.
        estimator_steps: Steps of stage 1, at least 1.
        heads: At least 1.
        weight: b >= 0 in stage 2, a number or schedule.
        task_weight: a >= 0 in stage 2, a number or schedule.
        reverse: Whether the divergence is KL(student || teacher).
        seed: Whole number behind the heads that stage 1 drops.

    Returns:
        A `ClippedDistiller`, not compiled. It needs the TensorFlow backend,
        and batches of at least two.

    Raises:
        InputError: If there are fewer than two pairs, a tap is no map, or an
            argument is out of range.
    """
    steps = at_least("mhgd", "estimator_steps", estimator_steps, 1)
    weight = schedules.get(weight, "weight", minimum=0.0)
    return ClippedDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=MultiHeadGraph(
            pairs=pairs or taps.stage_pairs(teacher, student),
            estimator_steps=steps,
            heads=heads,
            reverse=reverse,
            seed=seed,
            weight=schedules.Until(steps, 1.0, weight),
        ),
        student_loss_weight=schedules.after(steps, task_weight, "task_weight"),
    )
