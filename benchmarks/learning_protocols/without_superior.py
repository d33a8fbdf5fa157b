"""Two data sets, of which one has the teacher's view."""

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
from learning_protocols.modalities import blurred
from tfkd.distillers import PriorTrainer


def target(images):
    """The other data set: blurred and turned by a quarter."""
    return np.rot90(blurred(images), axes=(1, 2))


@task
def without_superior(method, seed, arguments, split="test"):
    """Priors of blurred digits, whose sharp view a teacher sees, for others.

    The source has 947 labelled pairs; the target has 100 other digits,
    blurred and turned, without a sharp view. Student and control start in
    the target from the same weights and train as long; the score is
    accuracy there.
    """
    images, labels = digits_data()["train"]
    shown = hidden_labels(labels, seed) >= 0
    steps = EPOCHS * steps_per_epoch(images)
    keras.utils.set_random_seed(seed)
    student = student_model()
    model = student
    if method is not None:
        source = keras.models.clone_model(student)
        distiller = method.build(
            teacher=digits_teacher(), student=source, **arguments
        )
        rest = images[~shown]
        x = {"student": blurred(rest), "teacher": rest}
        compile_model(distiller, EPOCHS * steps_per_epoch(rest)).fit(
            x, labels[~shown], epochs=EPOCHS, batch_size=BATCH, verbose=0
        )
        strengths = distiller.distillation_losses[1].strengths()
        model = PriorTrainer(student=student, strengths=strengths)
    batch = 20
    compile_model(model, steps).fit(
        target(images[shown]),
        labels[shown],
        batch_size=batch,
        epochs=-(-steps * batch // int(shown.sum())),
        verbose=0,
    )
    images, labels = digits_data()[split]
    logits = student.predict(target(images), batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))
