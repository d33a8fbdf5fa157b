"""A teacher that sees 28 pixels, a student that sees 7.

    python -m benchmarks.leaderboard --task=cross_resolution

As `fashion_1k`; each pixel that the student (26,058 parameters) sees is the
mean of 4x4 that its teacher sees. The classical model sees what the student
sees.

Cost: 5 CPU seconds a run of the student alone, 10 of `hinton_kd`; 636 runs took
2.0 CPU hours.
Expected: `ab` 82.5 %, `hinton_kd` 82.2, the student alone 80.2, the support
vector machine 79.1, teacher 90.7.
"""

from benchmarks.leaderboard_tasks import fashion
from benchmarks.leaderboard_tasks import training
from benchmarks.leaderboard_tasks.task import Task
from tfkd import models

FACTOR = 4


def coarse(x):
    """Averages squares of pixels."""
    n, height, width, channels = x.shape
    shape = (n, height // FACTOR, FACTOR, width // FACTOR, FACTOR, channels)
    return x.reshape(shape).mean(axis=(2, 4))


def student():
    """A convolutional network on 7x7 pixels."""
    return models.build(
        "cnn",
        input_shape=(7, 7, 1),
        num_classes=fashion.CLASSES,
        filters=(16, 32, 64),
        strides=(1, 2, 2),
        dropout=training.DROPOUT,
        **fashion.PIXELS,
    )


def setting(seed, budget):
    """Returns the `Setting` of a seed."""
    found = training.labelled_setting(
        fashion.labelled(1000, seed), seed, budget, student=student
    )

    def scored(split):
        x, y = fashion.scored(split, budget)
        return coarse(x), x, y

    found.teacher_x, found.x = found.x, coarse(found.x)
    found.control = (found.x, found.y)
    found.once = (coarse(found.once[0]), found.once[1])
    found.scored = scored
    return found


TASKS = (
    Task(
        name="cross_resolution",
        title="a teacher of 28x28 pixels, a student of 7x7",
        setting=setting,
        settings_of="fashion_1k",
        provides=frozenset({"index", "views"}),
    ),
)
