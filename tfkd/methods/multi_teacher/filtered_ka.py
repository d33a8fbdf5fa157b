"""Filtered knowledge: a student of the wanted tasks of several teachers.

Equation:  stage 1 (`block_steps` steps):
               L = w sum_b sum_i KL(softmax(z_i[C_i])
                                    || softmax(f_i^b(r(g * F_s^b))[C_i]))
           both stages:
               L += b sum_i T^2 KL(softmax(z_i[C_i] / T)
                                   || softmax(z_s[L_i] / T))
                    + a H(y, softmax(z_s))
Symbols:   z_i (batch, classes) logits of teacher i, C_i those that the
           student wants and L_i the student's classes that they are; z_s the
           student's logits; F_s^b (batch, height, width, channels) the
           student's map at the end of block b; f_i^b the layers of teacher i
           behind its block b, frozen; g the channel coding, a gate of each
           pair, and r a 1x1 convolution, both trained: see
           `tfkd.losses.ThroughTeacher`; T = `temperature`; b = `weight`;
           w = `block_weight`; a = `task_weight`.
Paper:     Ye, Wang, Ji, Ou & Song, *Amalgamating Filtered Knowledge: Learning
           Task-customized Student from Multi-task Teachers*, IJCAI 2019,
           arXiv:1905.11569.
Survey:    Sec 7.5, ref [273].
Differs:   confirmed in the code of the authors' group: features through a
           squeezing gate and then the teacher's own later blocks, which are
           fixed in the first phase, no labels, a second phase on outputs.
           There tasks are multi-label or dense and compared by a task loss;
           here each teacher is a classifier, and a task is a set of its
           classes.
"""

from tfkd import schedules
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SubsetSoftTargets
from tfkd.losses import ThroughTeacher
from tfkd.methods.card import Card
from tfkd.methods.label_sets import checked_sets
from tfkd.methods.label_sets import layers_of_all
from tfkd.teachers import as_ensemble

CARD = Card(
    key="filtered_ka",
    teacher="many",
    status="simplified",
    simplified=(
        "branching out: the student keeps its own end, where the paper's "
        "takes each teacher's end behind the block that suits it best; and "
        "training block by block: here all blocks at once"
    ),
    needs=("unlabelled",),
    options={"block_steps": 2},
    example="""\
shapes["num_classes"] = 6
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
other = tfkd.models.build("cnn", filters=(8, 16, 32), **shapes)
options = {"label_sets": (range(6), (-1, 5, 6, 7, 8, 9))}
""",
)


def build(
    *,
    teacher,
    student,
    label_sets: tuple | None = None,
    block_steps: int = 1000,
    temperature: float = 1.0,
    weight: float = 1.0,
    block_weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of convolutional classifiers with a known graph.
        student: Convolutional classifier of the wanted classes.
        label_sets: `((0, -1, 1), (2, 3), ...)`: of each teacher, the
            student's class that each of its logits scores, -1 for one that
            the student leaves out; all of the student's classes for every
            teacher if absent.
        block_steps: Steps of stage 1, at least 1.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        block_weight: w >= 0, a number or schedule.
        task_weight: a >= 0; labels are not needed where it is 0.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the sets fit neither the teachers nor the student, a
            teacher has fewer than two wanted classes or cannot be cut at its
            stages, or a number is out of range.
    """
    ensemble = as_ensemble(teacher)
    sets = checked_sets(
        "filtered_ka", label_sets, ensemble, student, unwanted=True
    )
    wanted = [[c for c, n in enumerate(one) if n >= 0] for one in sets]
    if any(len(one) < 2 for one in wanted):
        raise InputError(
            "filtered_ka needs at least two wanted classes of each teacher, "
            f"received label sets {sets}. Leave this teacher out."
        )
    block_weight = schedules.before(block_steps, block_weight, "block_weight")
    targets = [
        SubsetSoftTargets(
            teacher_tap=f"{index}/logits",
            classes=[number for number in sets[index] if number >= 0],
            teacher_classes=classes,
            temperature=temperature,
            weight=weight,
            name=f"filtered_{index}",
        )
        for index, classes in enumerate(wanted)
    ]
    blocks = [
        ThroughTeacher(
            member=index,
            teacher_tap=tap.partition("/")[2],
            student_tap=own,
            classes=wanted[index],
            weight=block_weight,
            name=f"block_{own.replace('/', '_')}_{index}",
        )
        for theirs, own in layers_of_all(ensemble, student)
        for index, tap in enumerate(theirs)
    ]
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[*targets, *blocks],
        student_loss_weight=task_weight,
    )
