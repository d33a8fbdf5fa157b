"""No teacher and no image without a label."""

import keras
import numpy as np

from learning_protocols.digits import EPOCHS
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import control
from learning_protocols.digits import digits_data
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task

BATCH = 20


@task
def labelled_only(method, seed, arguments, split="test"):
    """100 labelled digits in batches of 20, no teacher, nothing else.

    For methods that learn from labels alone: the control sees the same
    batches for as many steps.
    """
    keras.utils.set_random_seed(seed)
    student = student_model()
    if method is None:
        return control(student, seed, split)
    images, labels = digits_data()["train"]
    shown = np.flatnonzero(hidden_labels(labels, seed) >= 0)
    steps = EPOCHS * steps_per_epoch(images)
    epochs = -(-steps * BATCH // len(shown))
    built = method.build(teacher=None, student=student, **arguments)
    model = compile_model(built, steps)
    # A chain trains each of its stages for the whole budget.
    model.fit(
        images[shown],
        labels[shown],
        epochs=epochs,
        batch_size=BATCH,
        verbose=0,
    )
    return accuracy(student, split)
