"""Variational student: weights that say little become noise, and go.

Equation:  L = a H(y, softmax(z_s))
               + b T^2 KL(softmax(z_t / T) || softmax(z_s / T))
               + l sum_w KL(q(w) || p(w)),
           q(w) = N(m, s^2),  p(|w|) ~ 1 / |w|
Symbols:   z_t, z_s (batch, classes) logits, of sampled weights in training; w
           the student's weights, m and log s^2 trained; T = `temperature`; a
           = `task_weight`; b = `weight`; l = `kl_weight`, 1 / examples for a
           bound on the evidence.
Paper:     Hegde, Prasad, Hebbalaguppe & Kumar, *Variational Student: Learning
           Compact and Sparser Networks in Knowledge Distillation Framework*,
           ICASSP 2020, arXiv:1910.12061; KL as in Molchanov et al.,
           arXiv:1701.05369, Eqn 14.
Survey:    Sec 3 and 4.1.1, Table 1, ref [92].
Differs:   the three terms are confirmed from a survey that quotes the paper's
           equation (O'Neill, arXiv:2006.03669), where b T^2 reads 2 l_T T^2;
           its KL has the student first, here the teacher as everywhere. The
           fourth, the block sparse regularizer, is left out: how weights of
           different shapes are joined was not at hand. a, b, l and T are
           inferred. The student is `tfkd.models.variational.variational` of a
           network; `strip` makes it a plain one with zeros.
"""

from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.models.variational import variational_layers

CARD = Card(
    key="variational_student",
    status="simplified",
    simplified="the block sparse regularizer of joined teacher and student "
    "weights is left out",
    columns={
        "Method": "Softened labels and regularization",
        "Objective": "Eqn. 2",
    },
    zero_when_equal=True,
    example="""\
from tfkd.models.variational import variational

student = variational(student, kl_weight=1e-5)
""",
)


def build(
    *,
    teacher,
    student,
    kl_weight: float | None = None,
    temperature: float = 4.0,
    weight: float = 0.9,
    task_weight: float = 0.1,
):
    """Builds the distiller.

    Args:
        teacher: Classifier.
        student: Classifier of the same classes, of variational layers.
        kl_weight: l >= 0, which is set for all of these layers; what they
            were made with if absent: 0, and no weight goes, unless they were
            given one.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled; the divergence is a loss that the
        student's layers add.

    Raises:
        InputError: If the student has no variational layer, classes differ in
            number, or a number is out of range.
    """
    layers = variational_layers(student)
    if not layers:
        raise InputError(
            "The student of variational_student must have variational layers, "
            f"and {student.name!r} has none. Make it with "
            "tfkd.models.variational.variational(student)."
        )
    if kl_weight is not None:
        if not 0 <= kl_weight < float("inf"):
            raise InputError(
                "kl_weight must be a finite number >= 0, received "
                f"{kl_weight!r}. A usual value is 1 / number of examples."
            )
        for layer in layers:
            layer.kl_weight = float(kl_weight)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=SoftTargets(temperature=temperature, weight=weight),
        student_loss_weight=task_weight,
    )
