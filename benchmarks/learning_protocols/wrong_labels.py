"""Digits of which most labels may be wrong, and no teacher."""

import keras
import numpy as np

import tfkd
from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task

WRONG = 0.5


@task
def wrong_labels(method, seed, arguments, split="test"):
    """1,047 digits, half of their labels wrong, no teacher.

    The student ends in two dense layers. The control trains it on the same
    labels.
    """
    images, labels = digits_data()["train"]
    random = np.random.default_rng(seed)
    others = (labels + random.integers(1, 10, len(labels))) % 10
    noisy = np.where(random.random(len(labels)) < WRONG, others, labels)
    keras.utils.set_random_seed(seed)
    student = tfkd.models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=10,
        scale=1 / 16,
        filters=(4, 8),
        strides=(1, 2),
        dense=(32,),
    )
    model = student
    if method is not None:
        model = method.build(teacher=None, student=student, **arguments)
    compile_model(model, EPOCHS * steps_per_epoch(images))
    model.fit(images, noisy, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    return accuracy(student, split)
