"""Fashion-MNIST with 100, 200 or 500 labels.

    python -m benchmarks.leaderboard --task=fashion_100
    python -m benchmarks.leaderboard --task=fashion_200
    python -m benchmarks.leaderboard --task=fashion_500

As `fashion_1k`, with half as many steps, of 32 images; teacher, student and
settings are the same. The smaller the set, the more its draw decides: read the
paired differences.

Cost: 4 CPU seconds a run of the student alone, 5 of `hinton_kd`; 5 runs a
method: 481 runs of a task took 0.9 CPU hours.
Expected: 100 labels: `jacobian` 75.1 %, `ab` 73.1, `hinton_kd` 70.7, the
student alone 67.0, the support vector machine 69.4; in this order with 200
labels 79.5, 78.1, 77.3, 72.8, 73.9, with 500 labels 82.1, 81.6, 80.9, 78.7,
78.1.
"""

import dataclasses
import functools

from benchmarks.leaderboard_tasks import fashion
from benchmarks.leaderboard_tasks import training
from benchmarks.leaderboard_tasks.task import Task

COUNTS = (100, 200, 500)


def setting(count, seed, budget):
    """Returns the `Setting` of a seed, of so many images."""
    half = dataclasses.replace(budget, steps=budget.steps // 2)
    return training.labelled_setting(
        fashion.labelled(count, seed), seed, half, batch=32
    )


TASKS = tuple(
    Task(
        name=f"fashion_{count}",
        title=f"{count} labelled images, half as many steps",
        setting=functools.partial(setting, count),
        settings_of="fashion_1k",
    )
    for count in COUNTS
)
