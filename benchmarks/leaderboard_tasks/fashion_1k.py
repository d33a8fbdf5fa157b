"""Fashion-MNIST with 1,000 labels: the main comparison.

    python -m benchmarks.leaderboard --task=fashion_1k

A residual network (78,426 parameters, 27,000 images) teaches a student of
11,186 on 1,000 other images, 100 of each class, and their mirror images, for
1,250 steps of 64.

Cost: COST.
Expected: EXPECTED.
"""

from benchmarks.leaderboard_tasks import fashion
from benchmarks.leaderboard_tasks import training
from benchmarks.leaderboard_tasks.task import Task


def setting(seed, budget):
    """Returns the `Setting` of a seed."""
    return training.labelled_setting(fashion.labelled(1000, seed), seed, budget)


TASKS = (
    Task(
        name="fashion_1k",
        title="1,000 labelled images",
        setting=setting,
    ),
)
