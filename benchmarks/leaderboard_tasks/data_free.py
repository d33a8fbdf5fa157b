"""A student that sees no image.

    python -m benchmarks.leaderboard --task=data_free

The teacher of `fashion_1k`, and nothing else. `hinton_kd` is the control that
counts: distillation on noise, new at every step. The student alone, label
smoothing and the classical model learn the teacher's likeliest class of such
noise. Noise is a sum of random grids of 4, 7, 14 and 28 pixels, which keeps
more of what a teacher tells apart than independent pixels do.

Cost: 100 runs of 10 CPU seconds of `hinton_kd`, and 30 to 70 of the others:
0.9 CPU hours.
Expected: `deepinversion` 61.9 %, `knowledge_within` 33.9, `dafl` 26.6, `kegnet`
24.6, `zskt` 23.5; `hinton_kd` on noise 15.7, the student alone 15.2, the
support vector machine 12.5: noise says little of clothes.
"""

import keras
import numpy as np

from benchmarks.leaderboard_tasks import fashion
from benchmarks.leaderboard_tasks import training
from benchmarks.leaderboard_tasks.task import Setting
from benchmarks.leaderboard_tasks.task import Task

GRIDS = (4, 7, 14, 28)
# Noise images that the classical model is fitted on.
CLASSICAL = 2000


def noise(count, seed):
    """Returns images of noise, each over the whole range of pixels."""
    random = np.random.default_rng(seed)
    images = np.zeros((count, 28, 28, 1), "float32")
    for size in GRIDS:
        grid = random.random((count, size, size, 1), "float32")
        grid *= random.random((count, 1, 1, 1), "float32")
        times = 28 // size
        images += grid.repeat(times, axis=1).repeat(times, axis=2)
    low = images.min(axis=(1, 2), keepdims=True)
    high = images.max(axis=(1, 2), keepdims=True)
    return 255 * (images - low) / (high - low)


def setting(seed, budget):
    """Returns the `Setting` of a seed."""
    teachers = training.frozen_teachers(budget)
    x = noise(budget.steps * fashion.BATCH, [seed, 3])
    logits = teachers["one"]().predict(x, batch_size=500, verbose=0)
    y = np.argmax(logits, axis=-1)
    keras.utils.set_random_seed(seed)
    return Setting(
        student=training.student_model(),
        teachers=teachers,
        x=x,
        y=np.full(len(x), -1),
        rows=np.arange(len(x)),
        control=(x, y),
        once=(x[:CLASSICAL], y[:CLASSICAL]),
        epochs=1,
        batch=fashion.BATCH,
        scored=training.same_view(budget),
        learning_rate=training.LEARNING_RATE,
    )


def fit(model, setting, needs):
    """Trains on what a method makes, or on noise if it makes nothing."""
    if hasattr(model, "synthesize"):
        made, _ = model.synthesize(verbose=0)
        epochs = round(setting.steps / -(-len(made) // setting.batch))
        model.fit(epochs=epochs, batch_size=setting.batch, verbose=0)
    elif hasattr(model, "generator"):
        model.fit(
            epochs=1,
            steps_per_epoch=setting.steps,
            batch_size=setting.batch,
            verbose=0,
        )
    else:
        setting.fit(model, setting.inputs(needs), setting.y)


TASKS = (
    Task(
        name="data_free",
        title="a teacher and no image",
        setting=setting,
        sections=("data_free",),
        also=("hinton_kd",),
        fit=fit,
    ),
)
