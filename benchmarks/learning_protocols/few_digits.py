"""100 digits, and a teacher of all: nothing else is seen."""

import keras

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

BATCH = 20


@task
def few_digits(method, seed, arguments, split="test"):
    """A teacher of all labels; 100 digits with labels, in batches of 20.

    The control trains on the 100 labels, for as many steps.
    """
    images, labels = digits_data()["train"]
    teacher = digits_teacher()
    keras.utils.set_random_seed(seed)
    student = student_model()
    if method is None:
        return control(student, seed, split)
    shown = hidden_labels(labels, seed) >= 0
    steps = EPOCHS * steps_per_epoch(images)
    model = method.build(
        teacher=teacher, student=student, seed=seed, **arguments
    )
    compile_model(model, steps).fit(
        images[shown],
        labels[shown],
        epochs=-(-steps * BATCH // int(shown.sum())),
        batch_size=BATCH,
        verbose=0,
    )
    return accuracy(student, split)
