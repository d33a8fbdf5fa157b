"""A student that sees another modality than the teacher."""

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import digits_teacher
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task


def blurred(images):
    """Averages 2x2 pixels, and repeats the mean: 4x4 numbers an image."""
    means = images.reshape(-1, 4, 2, 4, 2, 1).mean(axis=(2, 4), keepdims=True)
    return np.broadcast_to(means, (len(images), 4, 2, 4, 2, 1)).reshape(
        images.shape
    )


@task
def two_modalities(method, seed, arguments, split="test"):
    """As `digits`, but the student sees means of 2x2 pixels only.

    100 pairs have a label, 947 have none. The control trains on the 100
    blurred images and labels, for as many steps.
    """
    images, labels = digits_data()["train"]
    hidden = hidden_labels(labels, seed)
    teacher = digits_teacher()
    keras.utils.set_random_seed(seed)
    student = student_model()
    steps = EPOCHS * steps_per_epoch(images)
    if method is None:
        shown = hidden >= 0
        batch = 20
        compile_model(student, steps).fit(
            blurred(images)[shown],
            labels[shown],
            batch_size=batch,
            epochs=-(-steps * batch // int(shown.sum())),
            verbose=0,
        )
    else:
        model = method.build(teacher=teacher, student=student, **arguments)
        x = {"student": blurred(images), "teacher": images}
        compile_model(model, steps)
        model.fit(x, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    images, labels = digits_data()[split]
    logits = student.predict(blurred(images), batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))
