"""Students that are rewritten networks: cheaper, pruned, quantized."""

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import LEARNING_RATE
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import control
from learning_protocols.digits import digits_data
from learning_protocols.digits import digits_teacher
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from tfkd.distillers import PartTrainer
from tfkd.models import prune_channels
from tfkd.models.cheap_convs import cheapen
from tfkd.models.quantized import quantized
from tfkd.models.variational import variational


def trained(method, seed, arguments, split, rewrite):
    """Trains a rewritten network as `digits` does, or the control.

    Args:
        method: The method, or `None` for the control.
        seed: Of weights, labels and order.
        arguments: The method's.
        split: What is scored on.
        rewrite: Called with the teacher; returns the student.

    Returns:
        The student's accuracy.
    """
    images, labels = digits_data()["train"]
    teacher = digits_teacher()
    keras.utils.set_random_seed(seed)
    student = rewrite(teacher)
    if method is None:
        return control(student, seed, split)
    model = method.build(teacher=teacher, student=student, **arguments)
    compile_model(model, EPOCHS * steps_per_epoch(images)).fit(
        images,
        hidden_labels(labels, seed),
        epochs=EPOCHS,
        batch_size=BATCH,
        verbose=0,
    )
    return accuracy(student, split)


@task
def cheap_convolutions(method, seed, arguments, split="test"):
    """As `digits`; the student is the teacher with separable convolutions."""
    return trained(
        method,
        seed,
        arguments,
        split,
        lambda teacher: cheapen(teacher, groups="depthwise"),
    )


def few_images(seed):
    """Draws 5 training images of each digit."""
    images, labels = digits_data()["train"]
    random = np.random.default_rng(seed)
    rows = [
        random.choice(np.flatnonzero(labels == label), 5, replace=False)
        for label in range(10)
    ]
    rows = random.permutation(np.concatenate(rows))
    return images[rows], labels[rows]


@task
def few_samples(method, seed, arguments, split="test"):
    """Half of the teacher's channels go; 50 images bring it back.

    Methods see no label. The control fine-tunes the network pruned by the
    sums of filters' magnitudes, on the 50 images and their labels, for 500
    steps at a tenth of the learning rate.
    """
    images, labels = few_images(seed)
    teacher = digits_teacher()
    kept = prune_channels.select(teacher, keep=0.5)
    keras.utils.set_random_seed(seed)
    student = prune_channels.prune_channels(teacher, kept)
    if method is None:
        compile_model(student, 500, LEARNING_RATE / 10).fit(
            images, labels, epochs=500, batch_size=50, verbose=0
        )
        return accuracy(student, split)
    if "kept" in method.arguments:
        arguments = {"kept": kept, **arguments}
    else:
        student = keras.models.clone_model(teacher)
        student.set_weights(teacher.get_weights())
    model = method.build(teacher=teacher, student=student, **arguments)
    epochs = 500 if "pruning_steps" in method.arguments else 1
    compile_model(model, epochs).fit(
        images, labels, epochs=epochs, batch_size=50, verbose=0
    )
    if "kept" not in method.arguments:
        kept = prune_channels.used(student)
        student = prune_channels.prune_channels(student, kept)
    return accuracy(student, split)


@task
def ternary_student(method, seed, arguments, split="test"):
    """As `digits`; the student has ternary weights and 8-bit activations."""
    return trained(
        method,
        seed,
        arguments,
        split,
        lambda teacher: quantized(student_model((8, 16)), keep=()),
    )


@task
def variational_student(method, seed, arguments, split="test"):
    """As `digits`; the student has variational weights, the control too."""
    return trained(
        method,
        seed,
        arguments,
        split,
        lambda teacher: variational(
            student_model((8, 16)), kl_weight=1 / len(digits_data()["train"][0])
        ),
    )


@task
def shrunk_student(method, seed, arguments, split="test"):
    """As `digits`; after 40 of 60 epochs half of the channels go.

    Those with the smallest weights. The control learns from the 100 labels
    alone, in as many steps.
    """
    images, labels = digits_data()["train"]
    hidden = hidden_labels(labels, seed)
    teacher = digits_teacher()
    keras.utils.set_random_seed(seed)
    student = student_model((8, 16))
    for epochs in (40, 20):
        if epochs == 20:
            kept = prune_channels.select(student, keep=0.5)
            student = prune_channels.prune_channels(student, kept)
        model = PartTrainer(student=student)
        if method is not None:
            model = method.build(teacher=teacher, student=student, **arguments)
        compile_model(model, epochs * steps_per_epoch(images)).fit(
            images, hidden, epochs=epochs, batch_size=BATCH, verbose=0
        )
    return accuracy(student, split)
