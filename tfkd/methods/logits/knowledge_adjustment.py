"""Knowledge adjustment: soft targets that are right where the teacher is not.

Equation:  L = b T^2 KL(A(softmax(z_t / T), y) || softmax(z_s / T))
               + a H(y, softmax(z_s))
           A(q, y) = q where argmax q = y; else q with
           "probability_shift": q_y and max q in each other's place
           "label_smoothing":   q_y = e, q_c = (1 - e) / (C - 1)
Symbols:   z_t, z_s (batch, C) logits; y labels; T = `temperature`; e =
           `correct`; b = `weight`; a = `task_weight`.
Paper:     Wen, Lai & Qian, *Preparing Lessons: Improve Knowledge
           Distillation with Better Supervision*, 2019, arXiv:1911.07471,
           its Knowledge Adjustment; the other half is
           `dynamic_temperature`.
Survey:    Sec 4.1.1, Table 1, ref [249].
Differs:   both repairs, of the softened probabilities and with e = 0.9, are
           those of public code, whose swap is of the two highest classes and
           not always of the true one; here it is of the true class, as in
           the survey. No label loss by default: the repaired targets hold
           the labels (inferred, as are T and b). Examples of label -1 have
           the teacher's target as it is.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.transforms import KnowledgeAdjustment

CARD = Card(
    key="knowledge_adjustment",
    columns={
        "Method": "Softened labels and regularization",
        "Objective": "Eqn. 2",
    },
)


def build(
    *,
    teacher,
    student,
    repair: str = "probability_shift",
    correct: float = 0.9,
    temperature: float = 4.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier.
        student: Classifier of the same classes.
        repair: `"probability_shift"` or `"label_smoothing"`.
        correct: e of label smoothing, between 0 and 1.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, or an argument is out of
            range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=SoftTargets(
            temperature=temperature,
            correction=KnowledgeAdjustment(repair, correct),
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
