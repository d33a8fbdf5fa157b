"""Digits with landmarks: the ends of their ink in four directions."""

import keras
import numpy as np
from keras import layers

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task
from tfkd.losses import KnownMaps

# Of 16 levels.
INK = 8
SIZE = 8
WIDTH = 0.8


def places(images):
    """Row and column of the ends of ink: top, bottom, left, right.

    Returns:
        Array `(images, 4, 2)`; an end of several pixels is their mean.
    """
    found = []
    for image in images[..., 0]:
        rows, columns = np.nonzero(image >= INK)
        ends = (
            rows == rows.min(),
            rows == rows.max(),
            columns == columns.min(),
            columns == columns.max(),
        )
        found.append([(rows[e].mean(), columns[e].mean()) for e in ends])
    return np.array(found)


def maps(images):
    """A bump of height 1 around each landmark, `(images, 8, 8, 4)`."""
    row, column = np.meshgrid(range(SIZE), range(SIZE), indexing="ij")
    points = places(images)[:, None, None]
    square = (row[..., None] - points[..., 0]) ** 2
    square = square + (column[..., None] - points[..., 1]) ** 2
    return np.exp(-square / (2 * WIDTH**2)).astype("float32")


def detector(filters=(8, 8)):
    """Two convolutions, and one to maps of four landmarks."""
    inputs = keras.Input((SIZE, SIZE, 1), name="image")
    x = layers.Rescaling(1 / 16, name="rescaled")(inputs)
    for number, width in enumerate(filters, start=1):
        x = layers.Conv2D(
            width, 5, padding="same", activation="relu", name=f"stage{number}"
        )(x)
    found = layers.Conv2D(4, 3, padding="same", name="logits")(x)
    return keras.Model(inputs, found, name="detector")


def share_found(model, split):
    """Share of landmarks at most a pixel away from where their map peaks."""
    images, _ = digits_data()[split]
    found = model.predict(images, batch_size=500, verbose=0)
    peak = found.reshape(len(found), -1, 4).argmax(1)
    gap = np.stack(np.divmod(peak, SIZE), axis=-1) - places(images)
    return float(np.mean(np.linalg.norm(gap, axis=-1) <= 1.0))


@task
def few_landmarks(method, seed, arguments, split="test"):
    """1,047 digits, 100 with landmarks; there is no teacher.

    The score is the share of landmarks that are found within a pixel. The
    control trains on the 100 alone, for as many steps.
    """
    images, labels = digits_data()["train"]
    shown = hidden_labels(labels, seed) >= 0
    truth = maps(images)
    keras.utils.set_random_seed(seed)
    student = model = detector()
    steps = EPOCHS * steps_per_epoch(images)
    if method is not None:
        model = method.build(teacher=None, student=student, **arguments)
        truth[~shown] = -1
        batch, epochs = BATCH, EPOCHS
    else:
        images, truth = images[shown], truth[shown]
        batch = 20
        epochs = -(-steps * batch // len(images))
    compile_model(model, steps)
    model.compile(model.optimizer, KnownMaps(), jit_compile=False)
    model.fit(images, truth, batch_size=batch, epochs=epochs, verbose=0)
    return share_found(student, split)
