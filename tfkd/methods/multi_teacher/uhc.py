"""Unifying heterogeneous classifiers: teachers of different sets of classes.

Equation:  p_i(l) = q(l) / sum_{k in L_i} q(k) for the classes l in L_i
           mode "cross_entropy":
               q = argmin - sum_i sum_{l in L_i} p_i(l) ln q_i(l),
               q_i(l) = q(l) / sum_{k in L_i} q(k)
           mode "matrix_factorization":
               q, v = argmin sum_i sum_{l in L_i} (p_i(l) - q(l) v_i)^2
           L = b T^2 KL(q || softmax(z_s / T)) + a H(y, softmax(z_s))
Symbols:   p_i = softmax(z_i / T) of teacher i, whose logits score the classes
           L_i of `label_sets`; q over the union of all classes, solved for
           every example; z_s (batch, classes) the student's logits; T =
           `temperature`; b = `weight`; a = `task_weight`.
Paper:     Vongkulbhisal, Vinayavekhin & Visentini-Scarzanella, *Unifying
           Heterogeneous Classifiers with Distillation*, CVPR 2019,
           arXiv:1904.06062.
Survey:    Sec 7.3, Eqn 23, Table 6, refs [234] and [235] (one paper).
Differs:   confirmed from the paper's abstract and introduction: unlabelled
           data, a probabilistic relation of the outputs, and q by
           cross-entropy or matrix factorization. Inferred: the relation as
           given, from the survey's summary; the solvers (a bound that is
           minimized in closed form, and alternating least squares). Not
           confirmed: T, 3 here. KL instead of cross-entropy with the
           student: the same gradient.
"""

from tfkd.distances import SoftmaxKL
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.teachers import as_ensemble
from tfkd.transforms import UnifiedClasses

CARD = Card(
    key="uhc",
    teacher="many",
    status="simplified",
    simplified=(
        "the factorization of logits instead of probabilities, and the "
        "balancing of classes that differ in how many teachers know them"
    ),
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "Y",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_Ens",
    },
    needs=("unlabelled",),
    example="""\
shapes["num_classes"] = 6
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
other = tfkd.models.build("cnn", filters=(8, 16, 32), **shapes)
options = {"label_sets": (range(6), range(4, 10))}
""",
)


def build(
    *,
    teacher,
    student,
    label_sets: tuple | None = None,
    mode: str = "cross_entropy",
    iterations: int = 50,
    temperature: float = 3.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of classifiers of their own sets of classes each.
        student: Classifier of all classes of all teachers.
        label_sets: `((0, 1, 2), (2, 3), ...)`: of each teacher, the
            student's class that each of its logits scores; all of the
            student's classes for every teacher if absent.
        mode: `"cross_entropy"` or `"matrix_factorization"`.
        iterations: Steps of the solver, at least 1.
        temperature: T > 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0; labels are not needed where it is 0.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the sets fit neither the teachers nor the student, or
            an argument is out of range.
    """
    ensemble = as_ensemble(teacher)
    count = len(ensemble.members)
    if label_sets is None:
        label_sets = [range(student.output_shape[-1])] * count
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=FeatureMatch(
            teacher_tap=[f"{index}/logits" for index in range(count)],
            student_tap="logits",
            teacher_transform=UnifiedClasses(
                label_sets, temperature, mode, iterations
            ),
            distance=SoftmaxKL(temperature),
            weight=weight,
            name="unified_targets",
        ),
        distillation_loss_weights=temperature**2,
        student_loss_weight=task_weight,
    )
