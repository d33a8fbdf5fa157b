"""LFME: experts of parts of a long tail, followed until the student is as good.

Equation:  L = b sum_l w_l T^2 KL(softmax(z_l / T) || softmax(z_s[L_l] / T))
               + a v H(y, softmax(z_s)),
           w_l = 1 if A_l < r E_l, else max(0, E_l - A_l) / ((1 - r) E_l),
           v = c + (1 - c) min(1, n / N)
Symbols:   z_l (batch, |L_l|) logits of expert l, trained on the classes L_l
           of `label_sets`, which have about as many examples each; z_s
           (batch, classes) the student's; A_l, E_l accuracy of the student
           and of expert l on the classes L_l; c the probability that the
           label's expert gives it; n step; N = `curriculum_steps`; r =
           `threshold`; T = `temperature`; a = `label_weight`; b = `weight`.
Paper:     Xiang, Ding & Han, *Learning From Multiple Experts: Self-paced
           Knowledge Distillation for Long-tailed Classification*, ECCV 2020,
           arXiv:2001.01536.
Survey:    Sec 7.1 and 7.3, Eqn 24, Table 6, ref [253].
Differs:   confirmed in the authors' code: w_l, v, the restricted softmax,
           T = 2, r = 0.3 (ImageNet-LT), N half of the training. There T^2 is
           absent (b = 1/4 undoes ours) and v scales the logits of the label's
           term; here it scales the term. With `validation_data` in `fit`,
           E_l is measured on it before training and A_l, 0 until then, after
           every epoch, as there; without, both are moving averages over
           labelled training batches. Draw classes equally often, as the
           paper does: see `tfkd.sources.ClassBatches`.
"""

from tfkd.distillers import PacedDistiller
from tfkd.losses import CurriculumLabels
from tfkd.losses import SelfPacedTargets
from tfkd.methods.card import Card
from tfkd.methods.label_sets import checked_sets
from tfkd.teachers import as_ensemble

CARD = Card(
    key="lfme",
    teacher="many",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "Y",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_KD",
    },
    options={"curriculum_steps": 2},
    example="""\
shapes["num_classes"] = 5
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
other = tfkd.models.build("cnn", filters=(8, 16, 32), **shapes)
options = {"label_sets": (range(5), range(5, 10))}
""",
)


def build(
    *,
    teacher,
    student,
    label_sets: tuple | None = None,
    curriculum_steps: int = 1000,
    threshold: float = 0.3,
    momentum: float = 0.98,
    temperature: float = 2.0,
    weight: float = 0.25,
    label_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of classifiers, each trained on classes with about as
            many examples.
        student: Classifier of all classes.
        label_sets: `((0, 1, 2), (3, 4), ...)`: of each expert, the student's
            class that each of its logits scores; all of the student's
            classes for every expert if absent.
        curriculum_steps: N >= 1.
        threshold: r in [0, 1).
        momentum: How much of the moving averages a batch leaves, in [0, 1),
            where `fit` is given no validation data.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        label_weight: a >= 0, a number or schedule.

    Returns:
        A `PacedDistiller`, not compiled. The compiled loss is for
        evaluation; in training the curriculum's stands in its place.

    Raises:
        InputError: If the sets fit neither the experts nor the student, or a
            number is out of range.
    """
    ensemble = as_ensemble(teacher)
    sets = checked_sets("lfme", label_sets, ensemble, student)
    names = [f"{index}/logits" for index in range(len(sets))]
    return PacedDistiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            CurriculumLabels(
                teacher_taps=names,
                label_sets=sets,
                steps=curriculum_steps,
                weight=label_weight,
            ),
            *(
                SelfPacedTargets(
                    teacher_tap=name,
                    classes=classes,
                    threshold=threshold,
                    momentum=momentum,
                    temperature=temperature,
                    weight=weight,
                    name=f"expert_{index}",
                )
                for index, (name, classes) in enumerate(zip(names, sets))
            ),
        ],
        student_loss_weight=0.0,
    )
