"""A teacher as wide as the student, and deeper."""

import functools

import keras

import tfkd
from learning_protocols.digits import BATCH
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import distilled
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task


@functools.cache
def deep_teacher():
    """A residual network of the student's 4 and 8 channels.

    It trains on all training labels for 60 epochs.
    """
    keras.utils.set_random_seed(1000)
    images, labels = digits_data()["train"]
    model = tfkd.models.build(
        "resnet",
        input_shape=(8, 8, 1),
        num_classes=10,
        scale=1 / 16,
        filters=(4, 8),
        blocks_per_stage=3,
    )
    compile_model(model, 60 * steps_per_epoch(images))
    model.fit(images, labels, epochs=60, batch_size=BATCH, verbose=0)
    return model


@task
def same_widths(method, seed, arguments, split="test"):
    """As `digits`, with a deeper teacher of the student's widths."""
    return distilled(method, seed, arguments, split, deep_teacher)
