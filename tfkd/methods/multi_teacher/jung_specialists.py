"""A general teacher, and specialists for classes that it confuses.

Equation:  L = b sum_m T^2 KL(softmax(z_m / T) || softmax(z_s / T))
               + c ||e_s - c_y||^2 + a H(y, softmax(z_s)),  m = 0, 1, ..., M
Symbols:   z_0 (batch, classes) logits of the general teacher; z_1, ..., z_M
           those of the specialists, of all classes too, each trained on half
           batches of one pair of classes that the general one confuses; z_s
           those of the student; e_s (batch, features) its embedding, c_k
           the centre of class k, trained, y labels; T = `temperature`; b =
           `weight`; c = `center_weight`; a = `task_weight`.
Paper:     Jung, Heo, Shim & Yu, *Distilling the Knowledge of Specialist Deep
           Neural Networks in Acoustic Scene Classification*, DCASE Workshop
           2019.
Survey:    Sec 7.1, Eqns 23-24, Table 6, ref [112].
Differs:   confirmed from the authors' code: the sum over teachers with equal
           weights, T = 2 on both sides without the factor T^2 (b = 1/4
           undoes ours), a = 0 (the survey's table has L_CE), the centre
           loss with c = 5e-5 and first centres of a normal distribution, how
           specialists are trained, and that they and the student start from
           the general network's weights: train a copy, and pass it. The
           centres' gradient is scaled there, which its optimizer, Adam, does
           not feel; with SGD they move slowly here. A support vector machine
           on the embedding classifies in the end: see
           `tfkd.methods.embedding_svm`. Teachers there hear longer segments:
           give a batch two views. `tfkd.metrics.most_confused` finds the
           pairs.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import ClassCenters
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import as_ensemble

CARD = Card(
    key="jung_specialists",
    teacher="many",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_KD",
    },
)


def build(
    *,
    teacher,
    student,
    student_tap: str = "embedding",
    temperature: float = 2.0,
    weight: float = 0.25,
    center_weight: float = 5e-5,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: A list of classifiers of the same classes: the general one
            and the specialists.
        student: Classifier of these classes.
        student_tap: Name of e_s.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        center_weight: c >= 0, a number or schedule.
        task_weight: a >= 0; labels are not needed where it and c are 0.
        seed: Whole number behind the first centres.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, the tap does not exist or
            is no vector, or a number is out of range.
    """
    ensemble = as_ensemble(teacher)
    names = ["general"] + [
        f"specialist_{index}" for index in range(1, len(ensemble.members))
    ]
    losses = [
        SoftTargets(
            teacher_tap=f"{index}/logits",
            temperature=temperature,
            weight=weight,
            name=name,
        )
        for index, name in enumerate(names)
    ]
    taps.shape(student, student_tap)  # An error that names the tap.
    if center_weight != 0:
        losses.append(
            ClassCenters(
                student_tap=student_tap, weight=center_weight, seed=seed
            )
        )
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )
