"""Teachers of other domains than the student's."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import distilled
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task
from learning_protocols.digits import teacher_model


def noisy(images):
    """Near the target: noise of a fifth of the range."""
    noise = np.random.default_rng(0).normal(0, 3.2, images.shape)
    return (images + noise).astype("float32")


def negative(images):
    """Far from the target: light and dark are exchanged."""
    return 16 - images


@functools.cache
def domain_teacher(domain):
    """A teacher trained on all training labels of another domain."""
    keras.utils.set_random_seed(1000)
    images, labels = digits_data()["train"]
    model = compile_model(teacher_model(), 25 * steps_per_epoch(images))
    model.fit(domain(images), labels, epochs=25, batch_size=BATCH, verbose=0)
    return model


@task
def source_domains(method, seed, arguments, split="test"):
    """As `digits`, with teachers of noisy digits and of negatives."""

    def teachers():
        return [domain_teacher(noisy), domain_teacher(negative)]

    return distilled(method, seed, arguments, split, teachers)
