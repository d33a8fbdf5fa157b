"""Fashion-MNIST for the leaderboard: images, and teachers of them.

The 60,000 training images are cut in three, in their order: the teachers'
(at most 27,000), the students' (27,000 to 54,000), and the eval split (the
last 6,000), on which hyperparameters are chosen. The test split is Zalando's.
So no student sees an image that one of these teachers was trained on; where
the teacher is an earlier network (`born_again`, `incremental`), it may.
"""

import functools
import pathlib

import keras
import numpy as np

from benchmarks import leaderboard_cache
from tfkd import models
from tfkd.data import fashion_mnist
from tfkd.data import source

CLASSES = 10
SHAPE = (28, 28, 1)
PARTS = {
    "teacher": slice(0, 27_000),
    "student": slice(27_000, 54_000),
    "eval": slice(54_000, 60_000),
}
# Mean and standard deviation of the training pixels, of 255.
PIXELS = {"scale": 1 / (255 * 0.353), "offset": -0.286 / 0.353}
BATCH = 64
LEARNING_RATE = 3e-3


@functools.cache
def images(part):
    """Returns raw images `(n, 28, 28, 1)` and labels of a part or `"test"`."""
    stem = "t10k" if part == "test" else "train"
    folder = pathlib.Path(source.FASHION_MNIST_FOLDER)
    x, y = (
        fashion_mnist.read_idx(folder / f"{stem}-{kind}-ubyte.gz")
        for kind in ("images-idx3", "labels-idx1")
    )
    rows = PARTS.get(part, slice(None))
    return x[rows, ..., None].astype("float32"), y[rows].astype("int64")


def scored(split, budget):
    """Returns the images and labels that a split is scored on."""
    return tuple(array[: budget.scored] for array in images(split))


def teacher_model(num_classes=CLASSES):
    """The teacher: a residual network of 78,426 parameters."""
    return models.build(
        "resnet",
        input_shape=SHAPE,
        num_classes=num_classes,
        filters=(16, 32, 64),
        stem_stride=2,
        **PIXELS,
    )


def compile_model(model, steps, *, smoothing=0.0, learning_rate=LEARNING_RATE):
    """Compiles with AdamW, a warm-up, a cosine decay, and cross-entropy.

    Args:
        model: A classifier, or what a method built.
        steps: Of the whole training.
        smoothing: Label smoothing; 0 keeps integer labels.
        learning_rate: Highest one.

    Returns:
        The model.
    """
    warm_up = max(1, steps // 40)
    rate = keras.optimizers.schedules.CosineDecay(
        learning_rate / 100,
        steps - warm_up,
        alpha=0.01,
        warmup_target=learning_rate,
        warmup_steps=warm_up,
    )
    if smoothing:
        loss = keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=smoothing
        )
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-4),
        loss,
        jit_compile=False,
    )
    return model


def mirrored(x, y):
    """Returns the images and, behind them, their mirror images."""
    return np.concatenate([x, x[:, :, ::-1]]), np.concatenate([y, y])


def labelled(count, seed):
    """Draws `count` of the students' images, as many of each class."""
    return _drawn(count, seed)[0]


def labelled_and_others(count, others, seed):
    """Returns `labelled(count, seed)`, and other images without labels."""
    (x, y), left = _drawn(count, seed)
    rows = np.random.default_rng([seed, 1]).choice(left, others, replace=False)
    return (x, y), images("student")[0][rows]


def _drawn(count, seed):
    x, y = images("student")
    random = np.random.default_rng(seed)
    rows = np.concatenate(
        [
            random.choice(
                np.flatnonzero(y == label), count // CLASSES, replace=False
            )
            for label in range(CLASSES)
        ]
    )
    return (x[rows], y[rows]), np.setdiff1d(np.arange(len(y)), rows)


def teachers(budget, count=1):
    """Returns `count` teachers of different seeds, trained or from the cache.

    Args:
        budget: A `Budget`.
        count: How many.
    """
    return [_route(budget, 1000 + number)[-1] for number in range(count)]


def teacher_route(budget):
    """Returns the first teacher's checkpoints along its training."""
    return _route(budget, 1000)


@functools.cache
def _route(budget, seed):
    def make():
        return train_teacher(budget, seed)

    settings = (budget.teacher_images, budget.teacher_epochs, seed)
    name = "-".join(map(str, ("teacher", *settings)))
    return leaderboard_cache.models(name, [pathlib.Path(__file__)], make)


def train_teacher(budget, seed):
    """Trains a teacher; returns its checkpoints, the last one included."""
    x, y = images("teacher")
    x, y = x[: budget.teacher_images], y[: budget.teacher_images]
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    model = teacher_model()
    steps = budget.teacher_epochs * -(-len(x) // (2 * BATCH))
    compile_model(model, steps)
    found = []
    for epoch in range(1, budget.teacher_epochs + 1):
        flip = random.random(len(x)) < 0.5
        shown = np.where(flip[:, None, None, None], x[:, :, ::-1], x)
        model.fit(shown, y, batch_size=2 * BATCH, verbose=0)
        if epoch in (budget.teacher_epochs // 4, budget.teacher_epochs // 2):
            found.append(keras.models.clone_model(model))
            found[-1].set_weights(model.get_weights())
    return [*found, model]
