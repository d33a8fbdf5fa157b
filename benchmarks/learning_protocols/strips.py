"""Strips of digits, read column by column."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import LEARNING_RATE
from learning_protocols.digits import digits_data
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task
from learning_protocols.modalities import blurred
from tfkd.losses.ctc_targets import transcript

DIGITS = 3
STRIPS = 1047
LABELLED = 100


def strips(split, count, seed=0):
    """Returns strips `(count, 24, 8)` of three digits, and their tokens.

    A digit's token is one more than it; 0 is the blank.
    """
    images, labels = digits_data()[split]
    random = np.random.default_rng(seed)
    rows = random.integers(len(images), size=(count, DIGITS))
    # Columns one after the other.
    columns = images[rows][..., 0].transpose(0, 1, 3, 2)
    return columns.reshape(count, 8 * DIGITS, 8), labels[rows] + 1


def coarse(frames):
    """The same with means of 2x2 pixels in their place."""
    count = len(frames)
    digits = frames.reshape(count * DIGITS, 8, 8, 1)
    return blurred(digits).reshape(frames.shape)


def reader(units):
    """A network of convolutions over time, to logits of every column."""
    inputs = keras.Input((8 * DIGITS, 8), name="columns")
    x = keras.layers.Rescaling(1 / 16)(inputs)
    for stage in (1, 2):
        x = keras.layers.Conv1D(units, 7, padding="same")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.ReLU(name=f"stage{stage}")(x)
    return keras.Model(inputs, keras.layers.Dense(11, name="logits")(x))


def fit(model, x, y, loss, steps):
    """Trains for so many steps of 64 strips, or of all."""
    count = len(keras.tree.flatten(x)[0])
    batch = min(BATCH, count)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-4)
    model.compile(optimizer, loss, jit_compile=False)
    epochs = -(-steps // -(-count // batch))
    model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)
    return model


@functools.cache
def strips_teacher():
    """A reader of sharp strips, trained on the transcripts of all."""
    keras.utils.set_random_seed(1000)
    x, y = strips("train", STRIPS)
    steps = 40 * steps_per_epoch(x)
    return fit(reader(48), x, y, keras.losses.CTC(), steps)


def errors(found, right):
    """Insertions, deletions and replacements from one list to another."""
    row = list(range(len(right) + 1))
    for place, token in enumerate(found, start=1):
        before, row[0] = row[0], place
        for other, wanted in enumerate(right, start=1):
            changed = before + (token != wanted)
            before = row[other]
            row[other] = min(changed, before + 1, row[other - 1] + 1)
    return row[-1]


@task
def coarse_strips(method, seed, arguments, split="test"):
    """Strips of three digits; the student sees means of 2x2 pixels.

    The teacher, of sharp strips, saw all transcripts; the student sees
    1,047 pairs without any. The control trains on 100 coarse strips with
    transcripts, for as many steps. The score is 1 - errors per digit.
    """
    x, y = strips("train", STRIPS)
    teacher = strips_teacher()
    keras.utils.set_random_seed(seed)
    student = reader(12)
    steps = EPOCHS * steps_per_epoch(x)
    if method is None:
        shown = np.random.default_rng(seed).permutation(STRIPS)[:LABELLED]
        loss = keras.losses.CTC()
        fit(student, coarse(x[shown]), y[shown], loss, steps)
    else:
        model = method.build(teacher=teacher, student=student, **arguments)
        pairs = {"student": coarse(x), "teacher": x}
        fit(model, pairs, None, None, steps)
    x, y = strips(split, 500, seed=1)
    tokens, lengths = transcript(student.predict(coarse(x), verbose=0))
    wrong = sum(
        errors(np.asarray(row)[: int(length)].tolist(), right.tolist())
        for row, length, right in zip(tokens, lengths, y)
    )
    return float(1 - wrong / y.size)
