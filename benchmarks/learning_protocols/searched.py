"""Students that are looked for: among candidates, or by reducing a network."""

import keras

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import control
from learning_protocols.digits import digits_data
from learning_protocols.digits import digits_teacher
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from tfkd import models

# Channels of networks about as large as the student, 4 and 8.
CANDIDATES = ((8, 4), (2, 10), (6, 7))


def large_student():
    """A network of 5,862 parameters, with a convolution that may go."""
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=10,
        scale=1 / 16,
        filters=(12, 12, 16),
        strides=(1, 1, 2),
    )


def _searched(method, seed, arguments, split, student):
    teacher = digits_teacher()
    if method is None:
        return control(student, seed, split)
    images, labels = digits_data()["train"]
    model = method.build(
        teacher=teacher, student=student, seed=seed, **arguments
    )
    compile_model(model, EPOCHS * steps_per_epoch(images))
    hidden = hidden_labels(labels, seed)
    model.fit(images, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    return accuracy(model.student, split)


@task
def candidates(method, seed, arguments, split="test"):
    """As `digits`; three other networks are candidates.

    The control is the student of `digits`.
    """
    keras.utils.set_random_seed(seed)
    student = student_model()
    if method is not None:
        others = tuple(student_model(filters) for filters in CANDIDATES)
        arguments = {**arguments, "candidates": others}
    return _searched(method, seed, arguments, split, student)


@task
def reduced(method, seed, arguments, split="test"):
    """As `digits`; a network of 5,862 parameters is reduced.

    The control is the whole network, on the 100 labels.
    """
    keras.utils.set_random_seed(seed)
    return _searched(method, seed, arguments, split, large_student())
