"""Students that are scored under attack."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from learning_protocols.digits import teacher_model
from tfkd import sources

# Every pixel may move by a tenth of the range.
BOX = {"value_range": (0.0, 16.0), "epsilon": 0.1, "step_size": 0.04}


def attacked(model, images, labels, steps=5, seed=0):
    """Returns the worst images near the given ones for a classifier."""
    found = sources.PGD(**BOX, steps=steps, seed=seed).find(
        images,
        lambda x: model(x, training=False),
        labels=labels,
        teacher=model(images, training=False),
        student=None,
    )
    return np.asarray(found.inputs)


def train_attacked(model, images, labels, epochs, batch, seed):
    """Trains on attacked images, new ones in each epoch."""
    compile_model(model, epochs * -(-len(images) // batch))
    for epoch in range(epochs):
        moved = attacked(model, images, labels, seed=seed + epoch)
        model.fit(moved, labels, batch_size=batch, verbose=0)
    return model


@functools.cache
def robust_teacher():
    """The teacher of `digits`, trained on attacked images for 25 epochs."""
    keras.utils.set_random_seed(1000)
    images, labels = digits_data()["train"]
    return train_attacked(teacher_model(), images, labels, 25, BATCH, 1000)


@task
def attacked_digits(method, seed, arguments, split="test"):
    """As `digits`, with a robust teacher; the score is accuracy under attack.

    PGD moves every pixel by up to a tenth of the range in 10 steps. The
    control learns from the 100 labelled images under attack, for as many
    steps.
    """
    images, labels = digits_data()["train"]
    hidden = hidden_labels(labels, seed)
    teacher = robust_teacher()
    keras.utils.set_random_seed(seed)
    student = student_model((8, 16))
    if method is None:
        shown = hidden >= 0
        steps = EPOCHS * steps_per_epoch(images)
        batch = 20
        epochs = -(-steps * batch // int(shown.sum()))
        train_attacked(
            student, images[shown], labels[shown], epochs, batch, seed
        )
    else:
        model = method.build(
            teacher=teacher, student=student, **BOX, steps=5, **arguments
        )
        compile_model(model, EPOCHS * steps_per_epoch(images)).fit(
            images, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0
        )
    images, labels = digits_data()[split]
    moved = attacked(student, images, labels, steps=10)
    logits = student.predict(moved, batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))
