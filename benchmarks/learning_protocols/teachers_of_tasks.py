"""Sentences of documentation, with a teacher for each task."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from tfkd.tasks import sequence

SENTENCES = 3000
LABELLED = 150
STEPS = 600
BATCH = 64
# To evaluate, and to test.
HELD_OUT = (400, 800)


def fit(model, x, y, batch=BATCH):
    """Trains for 600 steps, with AdamW and a cosine decay."""
    rate = keras.optimizers.schedules.CosineDecay(3e-3, STEPS)
    several = isinstance(y, dict)
    loss = {name: sequence.loss() for name in y} if several else sequence.loss()
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-4), loss, jit_compile=False
    )
    epochs = -(-STEPS * batch // len(x))
    model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)
    return model


@functools.cache
def teachers():
    """A transformer of 4 layers for each task, trained on all its labels."""
    x, y = sequence.task_data(SENTENCES)
    found = {}
    for number, (name, classes) in enumerate(sequence.TASKS.items()):
        keras.utils.set_random_seed(1000 + number)
        model = sequence.model(depth=4, dropout=0.1, num_classes=classes)
        found[name] = fit(model, x, y[name])
    return found


@task
def sentences_teachers_of_tasks(method, seed, arguments, split="test"):
    """3,000 sentences, 150 with labels of two tasks; a teacher for each.

    The student, a transformer of 2 layers, learns both tasks. The score is
    the mean of two accuracies. The control trains on the 150 for as many
    steps.
    """
    x, y = sequence.task_data(SENTENCES)
    random = np.random.default_rng(seed)
    shown = random.permutation(SENTENCES)[:LABELLED]
    known = teachers()
    keras.utils.set_random_seed(seed)
    student = sequence.model(num_classes=sequence.TASKS)
    if method is None:
        fit(student, x[shown], {n: v[shown] for n, v in y.items()}, batch=20)
    else:
        hidden = {name: np.full_like(values, -1) for name, values in y.items()}
        for name, values in y.items():
            hidden[name][shown] = values[shown]
        model = method.build(teacher=known, student=student, **arguments)
        fit(model, x, hidden)
    x, y = sequence.task_data(sum(HELD_OUT), split="test", seed=7)
    rows = slice(HELD_OUT[0]) if split == "eval" else slice(HELD_OUT[0], None)
    logits = student.predict(x[rows], batch_size=400, verbose=0)
    scores = [np.mean(logits[n].argmax(-1) == y[n][rows]) for n in y]
    return float(np.mean(scores))
