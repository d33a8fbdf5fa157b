"""Diversity with cooperation: an ensemble for few shots, in one network.

Equation:  the ensemble, first:
           L = 1/K sum_k H(y, softmax(z_k))
               + g / (K (K - 1)) sum_(i != j) R(p_i, p_j)
           the student, then:
           L = b T^2 KL( 1/K sum_k softmax(z_k / T) || softmax(z_s / T) )
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
Differs:   confirmed from the authors' code: the ensemble is trained first,
           T = 5, b = 0.8, a = 0.2; a relation is the mean over pairs of
           probabilities without the true class. There the cross-entropies of
           members are added, with g = 10 for cooperation and g = 1, of
           probabilities softened by 5, for diversity; members run in
           training mode while they teach, here in inference mode; and what
           is left of p is not normalized again, which the authors' page and
           the code's comment say it is. R of cooperation is a cross-entropy
           there, both ways: the entropies of members count, too. R of
           diversity is divided there by norms over all classes. The form of
           R, with gradients in both members, is the survey's. K = 5 is ours;
           there 10 is the default. At test, new classes are told by the
           nearest mean of their few embeddings:
           `student.get_layer("embedding")`.
"""

from tfkd import taps
from tfkd.distillers import Chain
from tfkd.distillers import Distiller
from tfkd.losses import EnsembleSoftTargets
from tfkd.losses import NonTargetAgreement
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.methods.peers import peer_models
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="diversity_cooperation",
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
    temperature: float = 5.0,
    weight: float = 0.8,
    task_weight: float = 0.2,
    seed: int = 0,
):
    """Builds the chain.

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
        A `Chain`, not compiled; `fit` trains the ensemble, then the student,
        each for the epochs given. The compiled loss is the student's.

    Raises:
        InputError: If a teacher is given, there are fewer than three
            classes, or an argument is out of range.
    """
    no_teacher("diversity_cooperation", teacher)
    count = at_least("diversity_cooperation", "members", members, 2)
    trained = []

    def ensemble(_):
        # Every `fit` starts with new members.
        trained[:] = peer_models(
            "diversity_cooperation", None, student, count + 1, seed
        )
        return _ensemble(trained, relation, relation_weight)

    def distilled(_):
        return Distiller(
            student=student,
            teacher=EnsembleTeacher(trained),
            distillation_losses=EnsembleSoftTargets(
                teacher_taps=[f"{index}/logits" for index in range(count)],
                temperature=temperature,
                weight=weight,
            ),
            student_loss_weight=task_weight,
        )

    # Mistakes are told before any training.
    ensemble(None)
    distilled(None)
    return Chain([ensemble, distilled], student=student)


def _ensemble(members, relation, relation_weight):
    """Returns a distiller that trains all members, related to each other."""
    first, *others = members
    names = ["logits", *(f"peer{n}" for n in range(1, len(members)))]
    labels = [TaskLoss(student_tap=n, name=f"task_{n}") for n in names]
    pairs = [
        NonTargetAgreement(
            first_tap=one,
            second_tap=other,
            relation=relation,
            weight=relation_weight,
            name=f"{relation}_{one}_{other}",
        )
        for number, one in enumerate(names)
        for other in names[number + 1 :]
    ]
    return Distiller(
        student=first,
        network=taps.with_peers(first, others),
        teacher=SelfTeacher(),
        distillation_losses=[*labels, *pairs],
        distillation_loss_weights=[1.0 / len(labels)] * len(labels)
        # The mean over pairs.
        + [1.0 / len(pairs)] * len(pairs),
        student_loss_weight=0.0,
    )
