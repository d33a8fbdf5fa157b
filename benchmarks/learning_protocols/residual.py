"""A residual network as the teacher."""

import functools

import keras

from learning_protocols.digits import BATCH
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import distilled
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task
from tfkd import models


@functools.cache
def residual_digits_teacher():
    """Six residual blocks, trained on all training labels for 25 epochs."""
    keras.utils.set_random_seed(1000)
    images, labels = digits_data()["train"]
    model = models.build(
        "resnet",
        input_shape=(8, 8, 1),
        num_classes=10,
        scale=1 / 16,
        filters=(16, 32, 48),
        blocks_per_stage=2,
    )
    compile_model(model, 25 * steps_per_epoch(images))
    model.fit(images, labels, epochs=25, batch_size=BATCH, verbose=0)
    return model


@task
def residual_teacher(method, seed, arguments, split="test"):
    """As `digits`, with a residual network as the teacher."""
    return distilled(method, seed, arguments, split, residual_digits_teacher)
