"""A student that sees made images, for features recorded of real ones."""

import keras

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


@task
def recorded_features(method, seed, arguments, split="test"):
    """A teacher of all labels; its features on 100 digits are recorded.

    The student sees images that are made for these, for as many steps as
    `digits`. The control trains on the 100 digits and their labels.
    """
    images, labels = digits_data()["train"]
    teacher = digits_teacher()
    keras.utils.set_random_seed(seed)
    student = student_model()
    if method is None:
        return control(student, seed, split)
    shown = hidden_labels(labels, seed) >= 0
    model = method.build(
        teacher=teacher,
        student=student,
        metadata=images[shown],
        labels=labels[shown],
        value_range=(0.0, 16.0),
        seed=seed,
        **arguments,
    )
    steps = EPOCHS * steps_per_epoch(images)
    compile_model(model, steps)
    made, _ = model.synthesize()
    epochs = round(steps / steps_per_epoch(made))
    model.fit(epochs=epochs, batch_size=BATCH, verbose=0)
    return accuracy(student, split)
