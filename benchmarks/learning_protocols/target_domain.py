"""Digits of two domains, of which one has labels."""

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task

# Images of the source; the others are of the target.
SOURCE = 500


def bold(images):
    """What a thicker pen writes: the larger of two neighbours."""
    right = np.pad(images, ((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1]
    return np.maximum(images, right)


@task
def bold_digits(method, seed, arguments, split="test"):
    """No teacher: 500 digits with labels, 547 bold ones without.

    The score is the accuracy among bold digits. The control trains on the
    500 digits, for as many steps.
    """
    images, labels = digits_data()["train"]
    steps = EPOCHS * steps_per_epoch(images)
    keras.utils.set_random_seed(seed)
    student = student_model()
    if method is None:
        source, known = images[:SOURCE], labels[:SOURCE]
        epochs = -(-steps // steps_per_epoch(source))
        compile_model(student, steps).fit(
            source, known, epochs=epochs, batch_size=BATCH, verbose=0
        )
    else:
        model = method.build(teacher=None, student=student, **arguments)
        both = np.concatenate([images[:SOURCE], bold(images[SOURCE:])])
        shown = np.where(np.arange(len(labels)) < SOURCE, labels, -1)
        compile_model(model, steps)
        model.fit(both, shown, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    images, labels = digits_data()[split]
    logits = student.predict(bold(images), batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))
