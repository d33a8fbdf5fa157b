"""Networks that are trained together: of other structures, side by side."""

import keras
import numpy as np

import tfkd
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import distilled
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from tfkd.models import fusion

BATCH = 20
PHASES = 3


def other_networks():
    """A wider, a residual and a dense network, none of them trained."""
    arguments = {"input_shape": (8, 8, 1), "num_classes": 10, "scale": 1 / 16}
    return [
        student_model(filters=(8, 16)),
        tfkd.models.build("resnet", filters=(4, 8), **arguments),
        tfkd.models.build("mlp", units=(32, 16), **arguments),
    ]


@task
def peers_of_other_structures(method, seed, arguments, split="test"):
    """As `no_teacher`, with three peers that are networks of other kinds.

    They start untrained, and see what the student sees.
    """
    return distilled(method, seed, arguments, split, other_networks)


@task
def side_by_side(method, seed, arguments, split="test"):
    """Two students in one network; 100 labelled digits, nothing else.

    The network classifies by the mean of both students' features. A method
    trains in three phases of 20 epochs of 17 steps, batches of 20. The
    control is the same network, trained whole for as many steps as all
    phases have.
    """
    images, labels = digits_data()["train"]
    shown = np.flatnonzero(hidden_labels(labels, seed) >= 0)
    keras.utils.set_random_seed(seed)
    student = fusion.side_by_side(student_model(), student_model())
    model, steps = student, EPOCHS * steps_per_epoch(images)
    if method is not None:
        model = method.build(teacher=None, student=student, **arguments)
        steps //= PHASES
    # A chain trains each of its phases for these epochs.
    compile_model(model, steps).fit(
        images[shown],
        labels[shown],
        epochs=-(-steps * BATCH // len(shown)),
        batch_size=BATCH,
        verbose=0,
    )
    return accuracy(student, split)
