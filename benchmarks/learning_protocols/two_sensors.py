"""Two sensors of one scene, and networks of them of one architecture."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from learning_protocols.modalities import blurred
from tfkd.models import fusion


def noisy(images):
    """What the first sensor sees: pixels under noise of 8 of 16 levels."""
    noise = np.random.default_rng(0).normal(0, 8, images.shape)
    return (images + noise).astype("float32")


@functools.cache
def noisy_teacher():
    """A student's architecture, trained on noisy pixels and all labels."""
    keras.utils.set_random_seed(1000)
    images, labels = digits_data()["train"]
    model = compile_model(student_model(), 25 * steps_per_epoch(images))
    model.fit(noisy(images), labels, epochs=25, batch_size=BATCH, verbose=0)
    return model


@task
def fused_sensors(method, seed, arguments, split="test"):
    """A teacher of noisy pixels; a student of means of 2x2 pixels.

    The teacher saw all labels; of 1,047 pairs 50 have one, all of digits
    below 5. The score, on all digits, is that of both networks joined at
    `stage2`, the layers behind being the teacher's. The control is the
    teacher alone.
    """
    images, labels = digits_data()["train"]
    teacher = noisy_teacher()
    hidden = hidden_labels(labels, seed)
    hidden[hidden >= 5] = -1
    keras.utils.set_random_seed(seed)
    joined = teacher
    if method is not None:
        student = student_model()
        model = method.build(teacher=teacher, student=student, **arguments)
        compile_model(model, EPOCHS * steps_per_epoch(images))
        x = {"student": blurred(images), "teacher": noisy(images)}
        model.fit(x, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
        joined = fusion.in_the_middle(teacher, student, layer="stage2")
    images, labels = digits_data()[split]
    views = [noisy(images), blurred(images)]
    given = views if method is not None else views[0]
    logits = joined.predict(given, batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))
