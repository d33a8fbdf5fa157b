"""GDSDA: source models teach the target domain as far as they fit it.

Equation:  L = sum_i l_i T^2 KL(softmax(z_i / T) || softmax(z_s / T))
               + (1 - sum_i l_i) H(y, softmax(z_s)),
           l = argmin sum_n || y_n - sum_i l_i f_i(x_n)
                              - (1 - sum_i l_i) f_y(x_n) ||^2,
           l >= 0, sum_i l_i <= 1, over the labelled examples
Symbols:   z_i, z_s (batch, classes) logits of source model i and of the
           student on target examples; y the label, where there is one; f_i,
           f_y leave-one-out predictions of a least-squares support vector
           machine trained on teacher i's probabilities, on the labels, in
           closed form (`tfkd.teachers.imitation_shares`); T =
           `temperature`.
Paper:     Ao, Li & Ling, *Fast Generalized Distillation for Semi-supervised
           Domain Adaptation*, AAAI 2017.
Survey:    Sec 15.3.1, Eqn 24 with l, ref [12].
Differs:   confirmed from the paper's abstract and a summary of it: source
           models without their data, unlabelled target data, and imitation
           parameters that minimize a leave-one-out loss. Inferred: squared
           errors, one parameter a source. KL instead of cross-entropy: the
           same gradient. The machine works on the teachers' embeddings.
           Not confirmed: T = 1, C = 1.
"""

from tfkd.distillers import ImitationDistiller
from tfkd.errors import InputError
from tfkd.losses import Mixture
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.teachers import as_ensemble

CARD = Card(
    key="gdsda",
    teacher="many",
    status="simplified",
    simplified=(
        "the student is a network trained by gradients, not a support vector "
        "machine, and its unlabelled examples get no made-up labels"
    ),
    needs=("unlabelled",),
)


def build(
    *,
    teacher,
    student,
    imitation: tuple | None = None,
    teacher_tap: str = "embedding",
    penalty: float = 1.0,
    temperature: float = 1.0,
    weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of classifiers, each of a source domain.
        student: Classifier of the same classes, trained on target examples,
            of which few have labels; -1 marks the rest.
        imitation: l_i >= 0 of each teacher, with a sum <= 1. If absent, each
            `fit` solves for it first, from the labelled examples it is
            given; before `train_on_batch` call `estimate(x, y)`.
        teacher_tap: Name of the teachers' features that the machine sees.
        penalty: C > 0 of the machine.
        temperature: T > 0, a number or schedule.
        weight: Non-negative factor of L, a number or schedule.

    Returns:
        An `ImitationDistiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, classes differ in number, or an
            argument is out of range.
    """
    ensemble = as_ensemble(teacher)
    count = len(ensemble.members)
    parts = [
        TaskLoss(student_tap="logits", name="labels"),
        *(
            SoftTargets(
                teacher_tap=f"{index}/logits",
                temperature=temperature,
                name=f"source_{index}",
            )
            for index in range(count)
        ),
    ]
    return ImitationDistiller(
        student=student,
        teacher=ensemble,
        distillation_losses=Mixture(
            parts=parts,
            shares=None if imitation is None else _shares(imitation, count),
            weight=weight,
            name="imitation",
        ),
        student_loss_weight=0.0,
        estimates=imitation is None,
        teacher_tap=teacher_tap,
        penalty=penalty,
    )


def _shares(imitation, count):
    values = [float(value) for value in imitation]
    # A NaN fails every comparison.
    if len(values) != count or not (
        all(value >= 0 for value in values) and sum(values) <= 1 + 1e-9
    ):
        raise InputError(
            f"imitation must be {count} non-negative numbers with a sum of "
            f"at most 1, received {imitation!r}."
        )
    return [max(1.0 - sum(values), 0.0), *values]
