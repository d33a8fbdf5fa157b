"""A teacher no larger than its student, and no better informed.

    python -m benchmarks.leaderboard --task=born_again

As `fashion_1k`, but the teacher is the student's network, trained alone on
the same 1,000 labels from other initial weights; where a method takes
several, they differ in these weights alone.

Cost: 5 CPU seconds a run of the student alone, 10 of `ban`; 476 runs took 2.0
CPU hours, and two trainings a seed for its teachers.
Expected: `sla_sd` 82.1 %, `ban` and `hinton_kd` 81.7, teacher 81.3, the student
alone 81.1, the support vector machine 80.7.
"""

import functools
import pathlib

import keras

from benchmarks import leaderboard_cache
from benchmarks.leaderboard_tasks import fashion
from benchmarks.leaderboard_tasks import training
from benchmarks.leaderboard_tasks.task import Task

SOURCES = [pathlib.Path(module.__file__) for module in (fashion, training)]


def setting(seed, budget):
    """Returns the `Setting` of a seed."""
    found = training.labelled_setting(
        fashion.labelled(1000, seed), seed, budget
    )
    found.teachers = {
        "one": lambda: first_generation(seed, budget)[0],
        "many": lambda: first_generation(seed, budget),
        "none": lambda: None,
    }
    return found


@functools.lru_cache(maxsize=2)
def first_generation(seed, budget):
    """Returns two students that learned alone."""

    def make():
        return [_alone(seed, budget, number) for number in (1000, 2000)]

    name = f"generation-{budget.name}-{budget.steps}-{seed}"
    return leaderboard_cache.models(name, SOURCES, make)


def _alone(seed, budget, number):
    images = fashion.labelled(1000, seed)
    found = training.labelled_setting(images, seed, budget)
    keras.utils.set_random_seed(seed + number)
    model = training.compile_for(found, training.student_model())
    found.fit(model, *found.control)
    return model


TASKS = (
    Task(
        name="born_again",
        title="1,000 labelled images, and a teacher that is such a student",
        setting=setting,
        settings_of="fashion_1k",
        kinds=("one", "many", "none"),
    ),
)
