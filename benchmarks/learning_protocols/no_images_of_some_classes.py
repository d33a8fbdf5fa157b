"""Teachers that know some of the digits each, and no image."""

import keras
import numpy as np

from learning_protocols.data_free import DATA_FREE_STEPS
from learning_protocols.digits import BATCH
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from learning_protocols.some_classes import LABEL_SETS
from learning_protocols.some_classes import teacher_of
from tfkd import methods


@task
def no_images_of_some_classes(method, seed, arguments, split="test"):
    """One teacher of the digits 0 to 5, one of 4 to 9; no image is seen.

    The control is the same student, taught by `uhc` by the same teachers on
    images of uniform noise, new ones at every step, for as many steps.
    """
    teachers = [teacher_of(labels) for labels in LABEL_SETS]
    keras.utils.set_random_seed(seed)
    given = {
        "teacher": teachers,
        "student": student_model(),
        "label_sets": LABEL_SETS,
    }
    steps = DATA_FREE_STEPS
    if method is None:
        model = methods.get("uhc").build(**given)
        random = np.random.default_rng(seed)
        noise = random.uniform(0, 16, (steps * BATCH, 8, 8, 1))
        compile_model(model, steps).fit(
            noise.astype("float32"),
            np.full(len(noise), -1),
            batch_size=BATCH,
            verbose=0,
        )
    else:
        model = method.build(
            **given, value_range=(0.0, 16.0), seed=seed, **arguments
        )
        compile_model(model, steps).fit(
            epochs=1, steps_per_epoch=steps, batch_size=BATCH, verbose=0
        )
    return accuracy(model.student, split)
