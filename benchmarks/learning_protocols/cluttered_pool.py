"""100 digits, and a pool of which most is none."""

import keras
import numpy as np

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

CLUTTER = 3000


def jumbled(images, count, seed):
    """Returns images of four quarters, each of another digit and turned."""
    random = np.random.default_rng(seed)
    made = np.zeros((count, *images.shape[1:]), images.dtype)
    for image in made:
        for top in (0, 4):
            for left in (0, 4):
                source = images[random.integers(len(images))]
                quarter = source[top : top + 4, left : left + 4]
                turned = np.rot90(quarter, random.integers(1, 4))
                image[top : top + 4, left : left + 4] = turned
    return made


@task
def cluttered_pool(method, seed, arguments, split="test"):
    """As `digits`; the pool has 947 digits and 3,000 images of jumbled parts.

    The steps are those of `digits`. The control trains on the 100 labels.
    """
    images, labels = digits_data()["train"]
    teacher = digits_teacher()
    keras.utils.set_random_seed(seed)
    student = student_model()
    if method is None:
        return control(student, seed, split)
    x = np.concatenate([images, jumbled(images, CLUTTER, seed)])
    y = np.full(len(x), -1)
    y[: len(images)] = hidden_labels(labels, seed)
    steps = EPOCHS * steps_per_epoch(images)
    model = method.build(teacher=teacher, student=student, **arguments)
    compile_model(model, steps).fit(
        x, y, epochs=-(-steps * BATCH // len(x)), batch_size=BATCH, verbose=0
    )
    return accuracy(student, split)
