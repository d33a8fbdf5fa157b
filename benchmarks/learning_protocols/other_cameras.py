"""A teacher of plain digits, for cameras that nobody has labels of."""

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import digits_teacher
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task
from tfkd import models
from tfkd import sources


def spheres(images):
    """Digits high above a 360-degree camera, a quarter turn to the right."""
    return sources.spherical_view(
        images, height=12, field=120, yaw=90, pitch=50
    )


def events(images):
    """What an event camera sees of digits that move down and right."""
    film = [images]
    for axis in (1, 2, 1):
        film.append(np.roll(film[-1], 1, axis=axis))
    return 4 * sources.event_stack(np.stack(film, axis=1), bins=3)


def student_of(shape):
    """The student's architecture on images of another camera."""
    return models.build(
        "cnn",
        input_shape=shape,
        num_classes=10,
        scale=1 / 16,
        filters=(4, 8),
        strides=(1, 2),
    )


def _trained(method, seed, arguments, split, camera):
    images, labels = digits_data()["train"]
    seen, hidden = camera(images), hidden_labels(labels, seed)
    teacher = digits_teacher()
    keras.utils.set_random_seed(seed)
    student = student_of(seen.shape[1:])
    steps = EPOCHS * steps_per_epoch(images)
    if method is None:
        shown = hidden >= 0
        epochs = -(-steps * 20 // int(shown.sum()))
        compile_model(student, steps)
        student.fit(
            seen[shown], labels[shown], epochs=epochs, batch_size=20, verbose=0
        )
    else:
        model = method.build(teacher=teacher, student=student, **arguments)
        compile_model(model, steps)
        x = {"student": seen, "teacher": images}
        model.fit(x, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    images, labels = digits_data()[split]
    logits = student.predict(camera(images), batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))


@task
def sphere_camera(method, seed, arguments, split="test"):
    """As `digits`; the student sees a 360-degree image of 12x24 pixels.

    100 pairs have a label, 947 have none. The control trains on the 100
    spheres and labels, for as many steps.
    """
    return _trained(method, seed, arguments, split, spheres)


@task
def event_camera(method, seed, arguments, split="test"):
    """As `digits`; the student sees the events of three movements.

    100 pairs have a label, 947 have none. The control trains on the 100
    stacks of events and labels, for as many steps.
    """
    return _trained(method, seed, arguments, split, events)
