"""Fashion-MNIST with 1,000 labels and 5,000 more images without.

    python -m benchmarks.leaderboard --task=fashion_unlabelled

As `fashion_1k`; methods see 6,000 images of which 1,000 have a label, and
none of which their teacher was trained on. Controls see the 1,000, for as
many steps.

Cost: 9 CPU seconds a run of `hinton_kd`, 40 on average; 6.9 CPU hours for
106 methods, 635 runs.
Expected: alone 81.1 %, `hinton_kd` 85.4, teacher 90.7 (test split, 5 seeds).
"""

import numpy as np

from benchmarks.leaderboard_tasks import fashion
from benchmarks.leaderboard_tasks import training
from benchmarks.leaderboard_tasks.task import Task

LABELLED, OTHERS = 1000, 5000


def setting(seed, budget):
    """Returns the `Setting` of a seed."""
    (x, y), others = fashion.labelled_and_others(LABELLED, OTHERS, seed)
    known = training.labelled_setting((x, y), seed, budget)
    hidden = np.full(len(others), -1)
    x, y = fashion.mirrored(
        np.concatenate([x, others]), np.concatenate([y, hidden])
    )
    rows = training.order(len(y), budget.steps, fashion.BATCH, seed)
    known.x, known.y, known.rows = x[rows], y[rows], rows
    known.control = tuple(
        np.concatenate([part] * known.epochs) for part in known.control
    )
    known.epochs = 1
    return known


TASKS = (
    Task(
        name="fashion_unlabelled",
        title="1,000 labelled images, 5,000 without labels",
        setting=setting,
        settings_of="fashion_1k",
        provides=frozenset({"index", "unlabelled"}),
    ),
)
