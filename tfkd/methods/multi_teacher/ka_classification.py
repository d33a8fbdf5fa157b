"""Knowledge amalgamation: teachers of different classes become one student.

Equation:  L = b T^2 KL(softmax(z / T) || softmax(z_s / T))
               + w sum_l [ sum_i mean (D_i c - F_i)^2
                           + 1[n >= N] mean (A F_s - c)^2 ]
               + a H(y, softmax(z_s)),
           c = E [F_1; ...; F_m],  z = [z_1; ...; z_m]
Symbols:   z_i, z_s (batch, classes) logits of teacher i, of the classes of
           its label set, and of the student, of all classes; F_i, F_s
           (batch, height, width, channels) maps at layer l; E, D_i, A 1x1
           convolutions of layer l, trained; c a constant in its second term;
           n step; N = `encoder_steps`; T = `temperature`; b = `weight`;
           w = `feature_weight`; a = `task_weight`.
Paper:     Shen, Wang, Song, Sun & Song, *Amalgamating Knowledge towards
           Comprehensive Classification*, AAAI 2019, arXiv:1811.02796.
Survey:    Sec 7.5, Table 6, ref [210].
Differs:   confirmed in the code of the authors' group: concatenated logits,
           1x1 encoder, decoder and adaptation with bias, the three mean
           squared errors and the divergence, all with weight 1 and trained
           together, without labels. Where label sets overlap, the mean of
           the logits. T is 1 there.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import FeatureAmalgamation
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.label_sets import checked_sets
from tfkd.methods.label_sets import joined_targets
from tfkd.methods.label_sets import layers_of_all
from tfkd.teachers import as_ensemble

CARD = Card(
    key="ka_classification",
    teacher="many",
    status="simplified",
    simplified=(
        "learning the student's layers one after the other before all of them "
        "together: here, as in the code of the authors' group, together"
    ),
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "Y",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_KD+L_PL",
    },
    needs=("unlabelled",),
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
    encoder_steps: int = 0,
    temperature: float = 1.0,
    weight: float = 1.0,
    feature_weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of convolutional classifiers of their own sets of
            classes each.
        student: Convolutional classifier of all classes.
        label_sets: `((0, 1, 2), (3, 4), ...)`: of each teacher, the
            student's class that each of its logits scores; all of the
            student's classes for every teacher if absent.
        encoder_steps: N >= 0, steps in which codes alone are learned.
        temperature: T > 0.
        weight: b >= 0, a number or schedule.
        feature_weight: w >= 0, a number or schedule.
        task_weight: a >= 0; labels are not needed where it is 0.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the sets fit neither the teachers nor the student, a
            network has no stages of maps, or a number is out of range.
    """
    ensemble = as_ensemble(teacher)
    sets = checked_sets("ka_classification", label_sets, ensemble, student)
    steps = at_least("ka_classification", "encoder_steps", encoder_steps, 0)
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            joined_targets(sets, temperature, weight),
            *(
                FeatureAmalgamation(
                    teacher_taps=theirs,
                    student_tap=own,
                    encoder_steps=steps,
                    weight=feature_weight,
                    name=f"amalgamation_{own.replace('/', '_')}",
                )
                for theirs, own in layers_of_all(ensemble, student)
            ),
        ],
        distillation_loss_weights=[temperature**2]
        + [1.0] * len(taps.stages(student)),
        student_loss_weight=task_weight,
    )
