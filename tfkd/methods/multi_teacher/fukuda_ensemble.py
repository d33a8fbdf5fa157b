"""Teachers take turns: one is drawn for every batch, or all teach all of it.

Equation:  mode "switch":   L = a H(y, softmax(z_s))
                                + b T^2 KL(softmax(z_i / T)
                                           || softmax(z_s / T)),
                            i ~ Cat(w), drawn for every batch
           mode "augment":  the same with sum_i w_i KL(. || .): every example
                            once for each teacher's soft labels
Symbols:   z_i, z_s (batch, classes) logits of teacher i and the student;
           w = `teacher_weights`; T = `temperature`; a = `task_weight`;
           b = `weight`.
Paper:     Fukuda, Suzuki, Kurata, Thomas, Cui & Ramabhadran, *Efficient
           Knowledge Distillation from an Ensemble of Teachers*, Interspeech
           2017.
Survey:    Sec 7.1, Eqn 24 with a random one-hot g, Table 6, ref [64].
Differs:   confirmed from the paper's abstract: labels switch between
           teachers at the level of mini-batches, or the data is augmented
           with every teacher's labels. KL instead of cross-entropy: the same
           gradient. Not confirmed: w, equal here, T = 1, and a = b = 1/2.
"""

from tfkd.distillers import Distiller
from tfkd.errors import unknown
from tfkd.losses import Mixture
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import RandomMemberTeacher
from tfkd.teachers import as_ensemble

CARD = Card(
    key="fukuda_ensemble",
    teacher="many",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_Ens",
    },
)

_MODES = ("switch", "augment")


def build(
    *,
    teacher,
    student,
    mode: str = "switch",
    teacher_weights: tuple | None = None,
    temperature: float = 1.0,
    weight: float = 0.5,
    task_weight: float = 0.5,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: A list of classifiers of the same classes. In mode "switch"
            their answers must not be stored: another one teaches every
            batch.
        student: Classifier of these classes.
        mode: `"switch"` or `"augment"`.
        teacher_weights: w >= 0 of each teacher; normalized; those of an
            `EnsembleTeacher`, or equal, if absent.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0; labels are not needed where it is 0.
        seed: Whole number behind the draws.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If weights do not fit the teachers, classes differ in
            number, or an argument is out of range.
    """
    if mode not in _MODES:
        raise unknown("mode of fukuda_ensemble", mode, _MODES)
    ensemble = as_ensemble(teacher)
    shares = ensemble.weights_ if teacher_weights is None else teacher_weights
    if mode == "switch":
        ensemble = RandomMemberTeacher(
            ensemble.members, weights=shares, seed=seed
        )
        loss = SoftTargets(temperature=temperature, weight=weight)
    else:
        parts = [
            SoftTargets(
                teacher_tap=f"{index}/logits",
                temperature=temperature,
                name=f"soft_targets_{index}",
            )
            for index in range(len(ensemble.members))
        ]
        loss = Mixture(
            parts=parts, shares=shares, weight=weight, name="soft_targets"
        )
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=loss,
        student_loss_weight=task_weight,
    )
