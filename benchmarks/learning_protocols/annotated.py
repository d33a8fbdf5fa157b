"""Text of which the teacher knows more than the student."""

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.sentences import SENTENCES
from learning_protocols.sentences import fit_sentences
from learning_protocols.sentences import held_out
from learning_protocols.sentences import hidden
from learning_protocols.sentences import sentence_teacher
from tfkd.tasks import documentation
from tfkd.tasks import sequence

WORDS = 10


def beginnings(tokens):
    """Keeps the first 10 of 24 tokens."""
    places = np.arange(tokens.shape[1])
    return np.where(places < WORDS, tokens, documentation.PADDING)


@task
def cut_sentences(method, seed, arguments, split="test"):
    """As `sentences`; the student sees the first 10 of 24 words.

    The teacher, a transformer of 4 layers, sees all words, and saw the
    packages of all 3,000 sentences. The control trains on the 150 beginnings
    and labels, for as many steps.
    """
    x, y = sequence.data(SENTENCES)
    shown, labels = hidden(y, seed)
    teacher = sentence_teacher(1000)
    keras.utils.set_random_seed(seed)
    student = sequence.model()
    if method is None:
        fit_sentences(student, beginnings(x)[shown], y[shown], batch=20)
    else:
        model = method.build(teacher=teacher, student=student, **arguments)
        fit_sentences(model, {"student": beginnings(x), "teacher": x}, labels)
    x, y = held_out(sequence.data, split)
    logits = student.predict(beginnings(x), batch_size=400, verbose=0)
    return float(np.mean(logits.argmax(-1) == y))
