"""Fashion-MNIST with 100, 200 or 500 labels.

    python -m benchmarks.leaderboard --task=fashion_100
    python -m benchmarks.leaderboard --task=fashion_200
    python -m benchmarks.leaderboard --task=fashion_500

As `fashion_1k`, in batches of 32; teacher, student and settings are the same.
The
smaller the set, the more its draw decides: read the paired differences.

Cost: as `fashion_1k` or less: the batches are half as large.
Expected: not measured yet.
"""

import functools

from benchmarks.leaderboard_tasks import fashion
from benchmarks.leaderboard_tasks import training
from benchmarks.leaderboard_tasks.task import Task

COUNTS = (100, 200, 500)


def setting(count, seed, budget):
    """Returns the `Setting` of a seed, of so many images."""
    return training.labelled_setting(
        fashion.labelled(count, seed), seed, budget, batch=32
    )


TASKS = tuple(
    Task(
        name=f"fashion_{count}",
        title=f"{count} labelled images",
        setting=functools.partial(setting, count),
        settings_of="fashion_1k",
    )
    for count in COUNTS
)
