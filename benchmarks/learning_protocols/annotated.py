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
    """150 sentences with labels; the student sees their first 10 of 24 words.

    The teacher, a transformer of 4 layers, sees all words, and saw the
    packages of 3,000 sentences. The control trains on the same 150 beginnings
    for as many steps.
    """
    x, y = sequence.data(SENTENCES)
    shown, _ = hidden(y, seed)
    x, y = x[shown], y[shown]
    teacher = sentence_teacher(1000)
    keras.utils.set_random_seed(seed)
    student = sequence.model()
    model, inputs = student, beginnings(x)
    if method is not None:
        model = method.build(teacher=teacher, student=student, **arguments)
        inputs = {"student": inputs, "teacher": x}
    fit_sentences(model, inputs, y, batch=20)
    x, y = held_out(sequence.data, split)
    logits = student.predict(beginnings(x), batch_size=400, verbose=0)
    return float(np.mean(logits.argmax(-1) == y))
