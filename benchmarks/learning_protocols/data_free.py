"""A student that sees no image."""

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_teacher
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from tfkd import methods

DATA_FREE_STEPS = 2000


@task
def no_images(method, seed, arguments, split="test"):
    """A teacher of all training labels; the student sees no image at all.

    The control is the same student distilled (`hinton_kd` without labels,
    temperature 4) from the same teacher on images of uniform noise, new ones
    at every step, for as many steps.
    """
    teacher = digits_teacher()
    keras.utils.set_random_seed(seed)
    student = student_model()
    steps = DATA_FREE_STEPS
    if method is None:
        model = methods.get("hinton_kd").build(
            teacher=teacher, student=student, weight=1.0, task_weight=0.0
        )
        random = np.random.default_rng(seed)
        noise = random.uniform(0, 16, (steps * BATCH, 8, 8, 1))
        compile_model(model, steps)
        model.fit(
            noise.astype("float32"),
            np.full(len(noise), -1),
            batch_size=BATCH,
            verbose=0,
        )
        return accuracy(student, split)
    model = method.build(
        teacher=teacher,
        student=student,
        value_range=(0.0, 16.0),
        seed=seed,
        **arguments,
    )
    compile_model(model, steps)
    if hasattr(model, "synthesize"):
        images, _ = model.synthesize()
        # Whole epochs of made images, at least as many steps as given.
        epochs = round(steps / steps_per_epoch(images))
        model.fit(epochs=epochs, batch_size=BATCH, verbose=0)
    else:
        model.fit(epochs=1, steps_per_epoch=steps, batch_size=BATCH, verbose=0)
    return accuracy(student, split)
