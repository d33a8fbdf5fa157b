"""Digits 0 to 4 first, then 5 to 9."""

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import task
from tfkd import models
from tfkd import sources
from tfkd.models import heads

OLD_CLASSES = 5


@task
def class_incremental(method, seed, arguments, split="test"):
    """Digits 0 to 4, then 5 to 9 with 20 exemplars of each old class.

    The score is the accuracy on all ten. A method holds 2 examples of each
    class back for its second stage. The control fine-tunes the same grown
    network on all exemplars and new examples, for as many steps.
    """
    images, labels = digits_data()["train"]
    first = labels < OLD_CLASSES
    keras.utils.set_random_seed(seed)
    old = small_model(OLD_CLASSES)
    fit_classes(old, images[first], labels[first], steps=200)
    features = keras.Model(old.inputs, old.get_layer("embedding").output)
    memory = sources.Exemplars(20 * OLD_CLASSES)
    memory.add(
        images[first],
        labels[first],
        features.predict(images[first], verbose=0),
    )
    kept = memory.arrays()
    x = np.concatenate([kept[0], images[~first]])
    y = np.concatenate([kept[1], labels[~first]])
    keras.utils.set_random_seed(seed)
    student = heads.grow(old, 10 - OLD_CLASSES)
    if method is None:
        fit_classes(student, x, y, steps=200)
        return accuracy(student, split)
    model = method.build(teacher=old, student=student, **arguments)
    training, validation = sources.balanced_split(x, y, fraction=0.1, seed=seed)
    fit_classes(model, *training, steps=200)
    model.correct_bias(*validation)
    return accuracy(student, split)


def small_model(classes):
    """The student's architecture for a number of classes."""
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=classes,
        scale=1 / 16,
        filters=(8, 16),
        strides=(1, 2),
    )


def fit_classes(model, x, y, steps):
    """Trains for a number of steps, whatever the number of examples."""
    passes = -(-steps * BATCH // len(x))
    random = np.random.default_rng(len(x))
    rows = np.concatenate([random.permutation(len(x)) for _ in range(passes)])
    rows = rows[: steps * BATCH]
    compile_model(model, steps)
    model.fit(x[rows], y[rows], batch_size=BATCH, shuffle=False, verbose=0)
