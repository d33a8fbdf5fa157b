"""Fashion-MNIST with 1,000 labels: the main comparison.

    python -m benchmarks.leaderboard --task=fashion_1k

A residual network (78,426 parameters, 27,000 images) teaches a student of
11,186 on 1,000 other images, 100 of each class, and their mirror images, for
1,250 steps of 64.

Cost: 8 CPU seconds a run of the student alone, 14 of `hinton_kd`, 96 of `bss`;
949 runs of 89 methods took 4.6 CPU hours, half of that on two idle cores. The
teachers take 80 CPU seconds each, once.
Expected: teacher 90.7 %, alone 81.1, label smoothing 81.3, support vector
machine 80.7, `hinton_kd` 83.7 (test split, 5 seeds).
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
