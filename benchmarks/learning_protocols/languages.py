"""Next words of several packages, whose documentation is a language each."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.sentences import SENTENCES
from learning_protocols.sentences import fit_sentences
from learning_protocols.sentences import held_out
from tfkd.tasks import sequence


@functools.cache
def packages():
    """The package of each sentence of `sequence.language_data`."""
    return sequence.data(SENTENCES)[1]


@functools.cache
def language_models():
    """A wide network of next words for each package, of its sentences."""
    x, y = sequence.language_data(SENTENCES)
    found = []
    for package in range(sequence.CLASSES):
        keras.utils.set_random_seed(1000 + package)
        rows = packages() == package
        model = sequence.language_model(width=64, units=64)
        found.append(fit_sentences(model, x[rows], y[rows]))
    return found


@task
def next_words_of_packages(method, seed, arguments, split="test"):
    """The next word in 3,000 sentences; the score is the accuracy of words.

    A teacher for each package, trained on its sentences; the student is of
    all. The control trains on the words alone, for as many steps.
    """
    x, y = sequence.language_data(SENTENCES)
    keras.utils.set_random_seed(seed)
    student = sequence.language_model(width=32)
    if method is None:
        fit_sentences(student, x, y)
    else:
        model = method.build(
            teacher=language_models(), student=student, **arguments
        )
        view = {"inputs": x, "member": packages()}
        fit_sentences(model, {"student": x, "teacher": view}, y)
    x, y = held_out(sequence.language_data, split)
    found = student.predict(x, batch_size=400, verbose=0).argmax(-1)
    return float(np.mean((found == y)[y >= 0]))
