"""Students that are rewritten networks: cheaper, pruned, quantized."""

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
from learning_protocols.digits import task
from tfkd.models.cheap_convs import cheapen


def trained(method, seed, arguments, split, rewrite):
    """Trains a rewritten network as `digits` does; the control too.

    Args:
        method: The method, or `None` for the control.
        seed: Of weights, labels and order.
        arguments: The method's.
        split: What is scored on.
        rewrite: Called with the teacher; returns the student.

    Returns:
        The accuracy, and the student.
    """
    images, labels = digits_data()["train"]
    teacher = digits_teacher()
    keras.utils.set_random_seed(seed)
    student = rewrite(teacher)
    if method is None:
        return control(student, seed, split), student
    model = method.build(teacher=teacher, student=student, **arguments)
    compile_model(model, EPOCHS * steps_per_epoch(images)).fit(
        images,
        hidden_labels(labels, seed),
        epochs=EPOCHS,
        batch_size=BATCH,
        verbose=0,
    )
    return accuracy(student, split), student


@task
def cheap_convolutions(method, seed, arguments, split="test"):
    """As `digits`; the student is the teacher with separable convolutions."""
    return trained(
        method,
        seed,
        arguments,
        split,
        lambda teacher: cheapen(teacher, groups="depthwise"),
    )[0]
