"""The next word, of few sentences."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.sentences import SENTENCES
from learning_protocols.sentences import fit_sentences
from learning_protocols.sentences import held_out
from tfkd.tasks import sequence

FEW = 300


@functools.cache
def language_teacher():
    """A wide network of the next words of 3,000 sentences."""
    keras.utils.set_random_seed(1000)
    model = sequence.language_model(width=64, units=64)
    return fit_sentences(model, *sequence.language_data(SENTENCES))


@task
def next_words_of_few(method, seed, arguments, split="test"):
    """The next word in 300 sentences; the score is the accuracy of words.

    The teacher is a language model of 3,000 sentences. The control trains on
    the 300 alone, for as many steps.
    """
    x, y = sequence.language_data(SENTENCES)
    shown = np.random.default_rng(seed).permutation(SENTENCES)[:FEW]
    keras.utils.set_random_seed(seed)
    student = sequence.language_model(width=32)
    model = student
    if method is not None:
        model = method.build(
            teacher=language_teacher(), student=student, **arguments
        )
    fit_sentences(model, x[shown], y[shown])
    x, y = held_out(sequence.language_data, split)
    found = student.predict(x, batch_size=400, verbose=0).argmax(-1)
    return float(np.mean((found == y)[y >= 0]))
