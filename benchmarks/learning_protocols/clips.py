"""Clips of digits that move: some frames, their beginnings, and captions."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from tfkd.tasks import clips

TRAIN = 2000
LABELLED = 200
BATCH = 20
STEPS = 1000
# More of the ground than of a faint digit.
ROUGH = 10.0


def fit(model, x, y, steps=STEPS):
    """Trains for so many steps of 20 clips."""
    count = len(keras.tree.flatten(x)[0])
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-4),
        clips.loss(),
        jit_compile=False,
    )
    epochs = -(-steps // -(-count // BATCH))
    model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0)
    return model


@functools.cache
def teacher(**arguments):
    """A wide network of 2,000 labelled clips, of all their frames."""
    keras.utils.set_random_seed(1000)
    every = arguments.get("answers") == "frame"
    model = clips.model(filters=(16, 32), units=64, **arguments)
    x, y = clips.data(TRAIN, noise=ROUGH, every_frame=every, seed=3)
    return fit(model, x, y)


def held_out(split, **arguments):
    """500 clips of other digits to test, or 300 to evaluate."""
    arguments = {"noise": ROUGH, **arguments}
    if split == "test":
        return clips.data(500, split="test", seed=2, **arguments)
    return clips.data(300, seed=1, **arguments)


def accuracy(student, x, y):
    """Share of right answers, over all frames or words."""
    found = student.predict(x, batch_size=500, verbose=0).argmax(-1)
    return float(np.mean(found == y))


@task
def two_frames(method, seed, arguments, split="test"):
    """200 clips of six frames with their direction; the student sees two.

    The teacher sees all frames, and saw 2,000 other clips. The control
    trains on the same two frames for as many steps.
    """
    x, y = clips.data(LABELLED, noise=ROUGH, seed=10 + seed)
    keras.utils.set_random_seed(seed)
    student = clips.model(frames=2)
    if method is None:
        fit(student, x[:, ::3], y)
    else:
        model = method.build(teacher=teacher(), student=student, **arguments)
        fit(model, {"student": x[:, ::3], "teacher": x}, y)
    x, y = held_out(split)
    return accuracy(student, x[:, ::3], y)


@task
def beginnings(method, seed, arguments, split="test"):
    """200 clips with their direction, which is named at every frame.

    The teacher reads clips both ways, and saw 2,000 others. The control
    trains on the same 200 for as many steps. The score is the accuracy over
    all frames, of which the first tells nothing.
    """
    x, y = clips.data(LABELLED, noise=ROUGH, every_frame=True, seed=10 + seed)
    keras.utils.set_random_seed(seed)
    student = clips.model(answers="frame")
    model = student
    if method is not None:
        model = method.build(
            teacher=teacher(answers="frame", both_ways=True),
            student=student,
            **arguments,
        )
    fit(model, x, y)
    return accuracy(student, *held_out(split, every_frame=True))


@task
def captions(method, seed, arguments, split="test"):
    """200 clips with captions: the digit, and the direction.

    There is no teacher. A partner sees the same clips without the ground, as
    a detector of objects would cut them out. The control trains on the clips
    alone, for as many steps. The score is the share of right words.
    """
    view = {"label": "caption", "seed": 10 + seed}
    x, y = clips.data(LABELLED, noise=ROUGH, **view)
    words = {"answers": "caption", "num_classes": clips.CLASSES["caption"]}
    keras.utils.set_random_seed(seed)
    student = clips.model(**words)
    if method is None:
        fit(student, x, y)
    else:
        objects, _ = clips.data(LABELLED, noise=0.0, **view)
        model = method.build(
            teacher=None,
            student=student,
            partner=clips.model(**words),
            **arguments,
        )
        fit(model, {"student": x, "teacher": objects}, y)
    return accuracy(student, *held_out(split, label="caption"))
