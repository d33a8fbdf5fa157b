"""A teacher's checkpoints along its training."""

import functools

import keras

from learning_protocols.digits import BATCH
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import distilled
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task
from learning_protocols.digits import teacher_model

ANCHORS = 5
EPOCHS_EACH = 5


@functools.cache
def anchors():
    """The digits' teacher after 5, 10, ..., 25 epochs of its training."""
    keras.utils.set_random_seed(1000)
    images, labels = digits_data()["train"]
    epochs = ANCHORS * EPOCHS_EACH
    model = compile_model(teacher_model(), epochs * steps_per_epoch(images))
    found = []
    for _ in range(ANCHORS):
        model.fit(
            images, labels, epochs=EPOCHS_EACH, batch_size=BATCH, verbose=0
        )
        copy = teacher_model()
        copy.set_weights(model.get_weights())
        found.append(copy)
    return found


@task
def teacher_route(method, seed, arguments, split="test"):
    """As `digits`; the teacher is a list of its checkpoints."""
    return distilled(method, seed, arguments, split, anchors)
