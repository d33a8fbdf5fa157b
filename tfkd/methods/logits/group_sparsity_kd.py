"""Group sparsity with distillation: filters go, knowledge stays.

Equation:  L = a H(y, softmax(z_s))
               + b T^2 KL(softmax(z_t / T) || softmax(z_s / T))
               + l sum_g ||W_g||_2
Symbols:   z_t, z_s (batch, classes) logits; W_g all weights of filter g of
           the student; T = `temperature`; a = `task_weight`; b = `weight`; l
           = `sparsity_weight`.
Paper:     Cho & Lee, *Building a Compact Convolutional Neural Network for
           Embedded Intelligent Sensor Systems Using Group Sparsity and
           Knowledge Distillation*, Sensors 2019, 19(19), 4307.
Survey:    Sec 4.1.1, Table 1, ref [42].
Differs:   that group sparsity and distillation act together in training is
           confirmed from the paper's abstract; the norm, a, b and T are
           inferred. The paper's second strategy, a proportional control of l
           by how far the student's accuracy falls behind the teacher's, is
           not offered, as its equation was not at hand; l may be a schedule.
           Weak filters are removed after training: tfkd.models.prune_channels
           has `select(student, threshold=...)` and `prune_channels`; the
           smaller network is fine-tuned with l = 0 and the un-pruned one, or
           the same teacher. Sample weights scale the third term by their
           mean.
"""

from tfkd.distillers import Distiller
from tfkd.losses import GroupSparsity
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card

CARD = Card(
    key="group_sparsity_kd",
    status="simplified",
    simplified="the feedback control of the sparsity weight is left out",
    columns={
        "Method": "Softened labels and regularization",
        "Objective": "Eqn. 2",
    },
)


def build(
    *,
    teacher,
    student,
    layers: tuple | None = None,
    sparsity_weight: float = 0.001,
    temperature: float = 4.0,
    weight: float = 0.9,
    task_weight: float = 0.1,
):
    """Builds the distiller.

    Args:
        teacher: Classifier.
        student: Classifier of the same classes, with convolutions.
        layers: Names of the layers whose filters are made sparse; all
            convolutions of which channels can be removed if absent.
        sparsity_weight: l >= 0, a number or schedule.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If classes differ in number, the student has no such
            layer, or a number is out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            SoftTargets(temperature=temperature, weight=weight),
            GroupSparsity(layers=layers, weight=sparsity_weight),
        ],
        student_loss_weight=task_weight,
    )
