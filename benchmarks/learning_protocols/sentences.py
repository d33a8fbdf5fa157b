"""Sentences of documentation: their package, their place, their successor."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from tfkd.tasks import sequence

SENTENCES = 3000
RESPONSES = 2100
LABELLED_SENTENCES = 150
SENTENCE_STEPS = 600
SENTENCE_BATCH = 64
# To evaluate, and to test; there are fewer paragraphs with a successor.
HELD_OUT = (400, 800)
HELD_OUT_RESPONSES = (250, 450)


def held_out(data, split, counts=HELD_OUT):
    """Sentences of docstrings that are not trained on."""
    x, y = data(sum(counts), split="test", seed=7)
    rows = slice(counts[0]) if split == "eval" else slice(counts[0], None)
    return keras.tree.map_structure(lambda array: array[rows], (x, y))


def fit_sentences(model, x, y, batch=SENTENCE_BATCH, steps=SENTENCE_STEPS):
    """Trains for 600 steps, with AdamW and a cosine decay."""
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    loss = sequence.loss()
    if isinstance(y, dict):
        loss = {name: sequence.loss() for name in y}
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-4), loss, jit_compile=False
    )
    epochs = -(-steps * batch // len(keras.tree.flatten(x)[0]))
    model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)
    return model


@functools.cache
def sentence_teacher(seed, tasks=False):
    """A transformer of 4 layers, trained on the labels of all sentences."""
    keras.utils.set_random_seed(seed)
    classes = sequence.TASKS if tasks else sequence.CLASSES
    model = sequence.model(depth=4, dropout=0.1, num_classes=classes)
    data = sequence.task_data if tasks else sequence.data
    return fit_sentences(model, *data(SENTENCES))


@functools.cache
def language_teacher():
    """A transformer of 4 layers, trained on masked words alone."""
    keras.utils.set_random_seed(1000)
    model = sequence.masked_language_model(depth=4)
    # Every sentence four times, with other words masked.
    parts = [sequence.masked_data(SENTENCES, mask_seed=n) for n in range(4)]
    x, y = (np.concatenate(arrays) for arrays in zip(*parts))
    return fit_sentences(model, x, y, steps=2 * SENTENCE_STEPS)


def hidden(labels, seed):
    """Keeps 150 labels; the others become -1."""
    random = np.random.default_rng(seed)
    count = len(keras.tree.flatten(labels)[0])
    shown = np.zeros(count, bool)
    shown[random.permutation(count)[:LABELLED_SENTENCES]] = True
    return shown, keras.tree.map_structure(
        lambda values: np.where(shown, values, -1).astype("int32"), labels
    )


def distilled_sentences(
    method,
    seed,
    arguments,
    split,
    teacher,
    student,
    data=sequence.data,
    count=SENTENCES,
    counts=HELD_OUT,
    fine_tuned=False,
):
    """Trains a student with a method, or on the labelled sentences alone."""
    x, y = data(count)
    shown, labels = hidden(y, seed)
    keras.utils.set_random_seed(seed)
    student = student()
    if method is not None:
        model = method.build(teacher=teacher, student=student, **arguments)
        fit_sentences(model, x, labels)
    if method is None or fine_tuned:
        x, y = keras.tree.map_structure(lambda values: values[shown], (x, y))
        fit_sentences(student, x, y, batch=20)
    x, y = held_out(data, split, counts)
    logits = student.predict(x, batch_size=400, verbose=0)
    scores = keras.tree.map_structure(
        lambda z, labels: float(np.mean(z.argmax(-1) == labels)), logits, y
    )
    return float(np.mean(keras.tree.flatten(scores)))


@task
def sentences(method, seed, arguments, split="test"):
    """3,000 sentences of documentation, 150 with their package.

    The teacher, a transformer of 4 layers, saw the packages of all; the
    student has 2 layers. The control trains on the 150 for as many steps.
    """
    teacher = sentence_teacher(1000)
    return distilled_sentences(
        method, seed, arguments, split, teacher, sequence.model
    )


@task
def sentences_fine_tuned(method, seed, arguments, split="test"):
    """As `sentences`; the student then trains as the control does.

    The teacher knows masked words, and no package. The control is the same
    student that was not distilled before.
    """
    return distilled_sentences(
        method,
        seed,
        arguments,
        split,
        language_teacher(),
        sequence.model,
        fine_tuned=True,
    )


@task
def sentences_two_teachers(method, seed, arguments, split="test"):
    """As `sentences`, with two teachers of different seeds."""
    teachers = [sentence_teacher(1000), sentence_teacher(1001)]
    return distilled_sentences(
        method, seed, arguments, split, teachers, sequence.model
    )


def two_tasks(**arguments):
    """A transformer of two tasks."""
    return sequence.model(num_classes=sequence.TASKS, **arguments)


def two_tasks_recurrent():
    """A bidirectional LSTM of two tasks."""
    return sequence.recurrent_model(num_classes=sequence.TASKS)


@task
def sentences_two_tasks(method, seed, arguments, split="test"):
    """As `sentences`, with the task of opening sentences as well.

    Two teachers know both tasks. The score is the mean of two accuracies.
    """
    teachers = [sentence_teacher(s, tasks=True) for s in (1000, 1001)]
    return distilled_sentences(
        method,
        seed,
        arguments,
        split,
        teachers,
        two_tasks,
        sequence.task_data,
    )


@task
def sentences_recurrent(method, seed, arguments, split="test"):
    """As `sentences_two_tasks`: one teacher, and an LSTM as student."""
    return distilled_sentences(
        method,
        seed,
        arguments,
        split,
        sentence_teacher(1000, tasks=True),
        two_tasks_recurrent,
        sequence.task_data,
    )


@task
def next_words(method, seed, arguments, split="test"):
    """The next word in 3,000 sentences; the score is the accuracy of words.

    There is no teacher. The control trains on the words alone.
    """
    x, y = sequence.language_data(SENTENCES)
    keras.utils.set_random_seed(seed)
    student = sequence.language_model(width=32)
    model = student
    if method is not None:
        model = method.build(teacher=None, student=student, **arguments)
    fit_sentences(model, x, y)
    x, y = held_out(sequence.language_data, split)
    found = student.predict(x, batch_size=400, verbose=0).argmax(-1)
    return float(np.mean((found == y)[y >= 0]))


@functools.cache
def span_teacher():
    """A reader of all pairs of words, trained on other examples."""
    keras.utils.set_random_seed(1000)
    model = sequence.span_model(dropout=0.1)
    return fit_sentences(model, *sequence.span_data(RESPONSES))


@task
def responses(method, seed, arguments, split="test"):
    """2,100 paragraphs, 150 with the span of the response to them.

    The teacher relates all words, and saw the spans of all; the student sees
    the query as one vector. The score is the mean accuracy of the first and
    the last position. The control trains on the 150 for as many steps.
    """
    return distilled_sentences(
        method,
        seed,
        arguments,
        split,
        span_teacher(),
        lambda: sequence.span_model(simple=True),
        sequence.span_data,
        count=RESPONSES,
        counts=HELD_OUT_RESPONSES,
    )
