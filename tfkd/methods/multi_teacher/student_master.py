"""Student becoming the master: one network of several dense tasks.

Equation:  stage k = 1 ... n, block k alone:
               L = b sum_t D_t(f_t(x), f_t^k(r(g * F_s^k(x))))
           last stage, the whole network:
               L = c sum_t D_t(f_t(x), f_s,t(x)) + a sum_t L_t(y_t, f_s,t(x))
Symbols:   f_t(x) (batch, height, width, ...) what the teacher of task t says,
           such as classes or depth at every pixel; f_t^k its layers behind
           its block k, frozen; F_s^k the student's map at the end of block k;
           g the channel coding and r a 1x1 convolution of each pair, trained:
           see `tfkd.losses.ThroughTeacher`; f_s,t the student's own output of
           task t; D_t KL of class probabilities, or the mean absolute
           difference where a task has one number a pixel; b =
           `block_weight`; c = `weight`; a = `task_weight`.
Paper:     Ye, Ji, Wang, Ou, Tao & Song, *Student Becoming the Master:
           Knowledge Amalgamation for Joint Scene Parsing, Depth Estimation,
           and More*, CVPR 2019, arXiv:1904.10167.
Survey:    Sec 7.5, Eqn 25 through the teachers' ends, Table 6, ref [272].
Differs:   confirmed in the code of the authors' group: features of a block
           pass a squeezing gate of 1/4 of the channels, at least 16, and then
           the teacher's later blocks, which are fixed while blocks are
           trained and trained in a phase of fine-tuning; no labels. From the
           survey: block by block. There depth is compared by a scale
           invariant error of logarithms; `distances` takes any other.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distances import SoftmaxKL
from tfkd.distillers import Chain
from tfkd.distillers import Distiller
from tfkd.distillers import PartDistiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import ThroughTeacher
from tfkd.methods.card import Card
from tfkd.methods.label_sets import layers_of_all
from tfkd.teachers import by_task

CARD = Card(
    key="student_master",
    teacher="many",
    status="simplified",
    simplified=(
        "branching out: the student keeps its own ends, where the paper's "
        "takes each teacher's end behind the block that suits it best"
    ),
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "Y",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_KD+L_KD",
    },
    instead="has a teacher of each of several dense tasks",
    example="""\
from tfkd.models import named_heads


def dense(filters, channels):
    # A number of channels at every pixel.
    inputs = keras.Input((28, 28, 1))
    x = inputs
    for number, width in enumerate(filters, start=1):
        x = keras.layers.Conv2D(
            width, 3, padding="same", activation="relu", name=f"stage{number}"
        )(x)
    logits = keras.layers.Conv2D(channels, 1, name="logits")(x)
    return keras.Model(inputs, logits)


teachers = {"parts": dense((8, 8), 2), "depth": dense((8, 8), 1)}
student = named_heads.build(
    dense((4, 4), 1), {"parts": 2, "depth": 1}, layer="stage2"
)
labels = {"parts": images[..., 0] > 0.5, "depth": images}
loss = {"parts": loss, "depth": "mse"}
""",
)


def build(
    *,
    teacher,
    student,
    distances: dict | None = None,
    block_weight: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the chain.

    Args:
        teacher: Dict of task to a network of it, of convolutional stages, of
            which each is on all paths to its output.
        student: Convolutional network with a dict of outputs of these tasks
            on common stages.
        distances: Dict of task to D_t, a `tfkd.distances.Distance`; those
            above where absent.
        block_weight: b >= 0, a number or schedule.
        weight: c >= 0, a number or schedule.
        task_weight: a >= 0, of the losses that are compiled; no labels are
            needed where it is 0 and none is compiled.

    Returns:
        A `Chain`, not compiled; `fit` trains the student's blocks one after
        the other and then the whole, each for the epochs given.

    Raises:
        InputError: If teachers and tasks do not fit, a teacher cannot be cut
            at its stages, outputs differ in shape, or a number is out of
            range.
    """
    tasks = taps.output_names(student)
    if not isinstance(teacher, dict) or set(teacher) != set(tasks):
        found = sorted(teacher) if isinstance(teacher, dict) else teacher
        raise InputError(
            "student_master needs one teacher for each of the student's "
            f"tasks {sorted(tasks)}, received {found!r}. Pass a dict of task "
            "to model, and a student whose outputs are a dict."
        )
    ensemble, taught = by_task(teacher, tasks, one="student_master")
    member = {task: int(taught[task][0].partition("/")[0]) for task in tasks}
    distances = _distances(distances or {}, student, tasks)
    blocks = layers_of_all(ensemble, student)

    def block(number):
        theirs, own = blocks[number]
        return PartDistiller(
            student=student,
            teacher=ensemble,
            distillation_losses=[
                ThroughTeacher(
                    member=member[task],
                    teacher_tap=theirs[member[task]].partition("/")[2],
                    student_tap=own,
                    distance=distances[task],
                    weight=block_weight,
                    name=f"{own}_{task}".replace("/", "_"),
                )
                for task in tasks
            ],
            student_loss_weight=0.0,
            start=blocks[number - 1][1] if number else None,
            end=own,
        )

    def whole():
        return Distiller(
            student=student,
            teacher=ensemble,
            distillation_losses=[
                FeatureMatch(
                    teacher_tap=taught[task][0],
                    student_tap=task,
                    distance=distances[task],
                    weight=weight,
                    name=f"answer_{task}",
                )
                for task in tasks
            ],
            student_loss_weight=task_weight,
        )

    makers = [lambda n=n: block(n) for n in range(len(blocks))] + [whole]
    for make in makers:
        make()  # A mistake shows before any training.
    return Chain(
        [lambda _, make=make: make() for make in makers], student=student
    )


def _distances(given, student, tasks):
    """Returns D of every task."""
    if not set(given) <= set(tasks):
        raise InputError(
            f"distances of student_master must be of the tasks "
            f"{sorted(tasks)}, received {sorted(given)}."
        )
    usual = {
        task: LpDistance(p=1)
        if taps.shape(student, task)[-1] == 1
        else SoftmaxKL()
        for task in tasks
    }
    return {**usual, **given}
