"""Sentences that a generator makes of noise."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.sentences import SENTENCES
from learning_protocols.sentences import held_out
from tfkd import methods
from tfkd.models import soft_text
from tfkd.tasks import documentation
from tfkd.tasks import sequence

LENGTH = 8
SIZES = {"length": LENGTH, "vocabulary": documentation.VOCABULARY}
NOISE = 32
STEPS = 1020
BATCH = 64
MADE = 2000


def fit(model, x, y=None, learning_rate=1e-3, loss=None):
    """Trains for 1,020 steps of 64 sentences."""
    optimizer = keras.optimizers.Adam(learning_rate, beta_1=0.5)
    model.compile(optimizer, loss, jit_compile=False)
    epochs = -(-STEPS * BATCH // SENTENCES)
    model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0)
    return model


@functools.cache
def text_teacher():
    """An autoencoder of 3,000 sentences."""
    keras.utils.set_random_seed(1000)
    x, _ = sequence.data(SENTENCES, length=LENGTH)
    model = soft_text.autoencoder(**SIZES, width=64, code=128)
    return fit(model, x, x, 3e-3, "sparse_categorical_crossentropy")


def shares(tokens):
    """How often each word occurs."""
    counts = np.bincount(tokens.ravel(), minlength=documentation.VOCABULARY)
    return counts / counts.sum()


def entropy(p):
    """In bits."""
    p = p[p > 0]
    return float(-np.sum(p * np.log2(p)))


@task
def made_sentences(method, seed, arguments, split="test"):
    """Beginnings of sentences, 8 words each; none has a label.

    The score is 1 - the Jensen-Shannon divergence, in bits, of how often
    words occur in 2,000 sentences that are made and in ones nobody trained
    on. The control plays the same game, for as many steps, against the words
    as they are.
    """
    x, _ = sequence.data(SENTENCES, length=LENGTH)
    keras.utils.set_random_seed(seed)
    student = soft_text.generator(**SIZES, noise=NOISE, width=32)
    teacher = text_teacher()
    if method is None:
        teacher = soft_text.one_hot(**SIZES)
        method = methods.get("textkd_gan")
    model = method.build(
        teacher=teacher, student=student, seed=seed, **arguments
    )
    zeros = np.zeros((len(x), NOISE), "float32")
    fit(model, {"student": zeros, "teacher": x})
    noise = np.random.default_rng(seed).normal(size=(MADE, NOISE))
    made = student.predict(noise, batch_size=500, verbose=0).argmax(-1)
    real, _ = held_out(sequence.data, split)
    p, q = shares(made), shares(real[:, :LENGTH])
    divergence = entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2
    return 1.0 - divergence
