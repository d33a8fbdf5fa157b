"""Diversity with cooperation: an ensemble for few shots, in one network.

Equation:  L = 1/K sum_k H(y, softmax(z_k))
               + g / (K (K - 1)) sum_(i != j) R(p_i, p_j)
               + b T^2 KL( 1/K sum_k softmax(z_k / T) || softmax(z_s / T) )
               + a H(y, softmax(z_s))
           R "cooperation": 1/2 [ KL(p_i || p_j) + KL(p_j || p_i) ]
           R "diversity":   cos(p_i, p_j)
Symbols:   z_k (batch, classes) logits of member k of K = `members`; p_k its
           probabilities of all classes but y, normalized; z_s the student's;
           T = `temperature`; g = `relation_weight`; b = `weight`; a =
           `task_weight`; y labels of the base classes.
Paper:     Dvornik, Schmid & Mairal, *Diversity with Cooperation: Ensemble
           Methods for Few-Shot Classification*, ICCV 2019,
           arXiv:1903.11341.
Survey:    Sec 7.5 and 14.1, Eqns 23 and 27, Table 6, ref [56].
Differs:   confirmed from the authors' page: probabilities besides the true
           class, normalized, are made alike by cooperation and orthogonal by
           diversity. The form of R, with gradients in both members, is the
           survey's. K = 5, T = 4, g = 1 and b = 1 are not confirmed. At
           test, new classes are told by the nearest mean of their few
           embeddings: `student.get_layer("embedding")`.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import EnsembleSoftTargets
from tfkd.losses import NonTargetAgreement
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.methods.peers import peer_models
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="diversity_cooperation",
    status="simplified",
    simplified=(
        "the ensemble and the network that it is distilled into train "
        "together, not one after the other"
    ),
    teacher="none",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "Y",
        "Extending teacher": "N",
        "On-line": "Y",
        "Mutual learning": "Y",
        "Major losses": "L_CE+L_Ens+L_KD",
    },
    options={"members": 2},
)


def build(
    *,
    teacher=None,
    student,
    members: int = 5,
    relation: str = "cooperation",
    relation_weight: float = 1.0,
    temperature: float = 4.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the ensemble is made of copies of the student with
            new weights.
        student: Classifier of at least three base classes.
        members: K >= 2.
        relation: `"cooperation"` or `"diversity"`.
        relation_weight: g >= 0, a number or schedule.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the members' weights.

    Returns:
        A `Distiller`, not compiled. The compiled loss is the student's.

    Raises:
        InputError: If a teacher is given, there are fewer than three
            classes, or an argument is out of range.
    """
    no_teacher("diversity_cooperation", teacher)
    count = at_least("diversity_cooperation", "members", members, 2)
    models = peer_models(
        "diversity_cooperation", None, student, count + 1, seed
    )
    names = [f"peer{number}" for number in range(1, count + 1)]
    labels = [TaskLoss(student_tap=n, name=f"task_{n}") for n in names]
    pairs = [
        NonTargetAgreement(
            first_tap=first,
            second_tap=second,
            relation=relation,
            weight=relation_weight,
            name=f"{relation}_{first}_{second}",
        )
        for number, first in enumerate(names)
        for second in names[number + 1 :]
    ]
    mean = EnsembleSoftTargets(
        teacher_taps=names, temperature=temperature, weight=weight
    )
    return Distiller(
        student=student,
        network=taps.with_peers(student, models),
        teacher=SelfTeacher(),
        distillation_losses=[*labels, *pairs, mean],
        # Every pair stands for both of its orders.
        distillation_loss_weights=[1.0 / count] * count
        + [2.0 / (count * (count - 1))] * len(pairs)
        + [1.0],
        student_loss_weight=task_weight,
    )
