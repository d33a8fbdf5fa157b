"""Five classes, then five more: what a network forgets.

    python -m benchmarks.leaderboard --task=incremental

A student of five classes (500 images each) grows by five; it sees 500 images
of each new class and 20 of each old one. The score is the accuracy on all
ten. Controls fine-tune the same grown network on the same images; the
classical model is fitted on these. A method holds some of them back where it
needs to validate.

Cost: 6 CPU seconds a run, 54 runs.
Expected: fine-tuned 69.8 %, label smoothing 68.2, support vector machine 71.3,
`bic` 80.0, `eeil` 68.7 (test split, 5 seeds).
"""

import functools
import pathlib

import keras
import numpy as np

from benchmarks import leaderboard_cache
from benchmarks.leaderboard_tasks import fashion
from benchmarks.leaderboard_tasks import training
from benchmarks.leaderboard_tasks.task import Task
from tfkd import sources
from tfkd.models import heads

OLD, EACH, KEPT = 5, 500, 20
SOURCES = [
    pathlib.Path(path)
    for path in (fashion.__file__, training.__file__, __file__)
]


def setting(seed, budget):
    """Returns the `Setting` of a seed."""
    x, y = fashion.labelled(10 * EACH, seed)
    old = old_model(seed, budget)
    memory = sources.Exemplars(KEPT * OLD)
    features = keras.Model(old.inputs, old.get_layer("embedding").output)
    first = y < OLD
    memory.add(x[first], y[first], features.predict(x[first], verbose=0))
    kept_x, kept_y = memory.arrays()
    images = (
        np.concatenate([kept_x, x[~first]]),
        np.concatenate([kept_y, y[~first]]),
    )
    return training.labelled_setting(
        images,
        seed,
        budget,
        student=lambda: heads.grow(old, 10 - OLD),
        teachers={"one": lambda: old, "none": lambda: None},
        learning_rate=training.LEARNING_RATE / 10,
    )


@functools.lru_cache(maxsize=2)
def old_model(seed, budget):
    """Returns the network of the first five classes."""

    def make():
        x, y = fashion.labelled(10 * EACH, seed)
        found = training.labelled_setting(
            (x[y < OLD], y[y < OLD]),
            seed,
            budget,
            student=lambda: training.student_model(OLD, dropout=0.0),
        )
        model = training.compile_for(found, found.student)
        found.fit(model, *found.control)
        return [model]

    name = f"old-classes-{budget.name}-{budget.steps}-{seed}"
    return leaderboard_cache.models(name, SOURCES, make)[0]


def fit(model, setting, needs):
    """Trains; a method that corrects a bias validates on a tenth."""
    if not hasattr(model, "correct_bias"):
        setting.fit(model, setting.inputs(needs), setting.y)
        return
    (x, y), held_back = sources.balanced_split(*setting.once, seed=0)
    rows = setting.rows % len(y)
    setting.fit(model, x[rows], y[rows])
    model.correct_bias(*held_back)


TASKS = (
    Task(
        name="incremental",
        title="five classes, then five more",
        setting=setting,
        kinds=("one", "none"),
        sections=("incremental",),
        fit=fit,
        judged=False,
    ),
)
