"""Digits with 100 labels: data, models, and how a run is scored."""

import functools

import keras
import numpy as np
from sklearn import datasets
from sklearn.model_selection import train_test_split

import tfkd

LABELLED = 100
EPOCHS = 60
BATCH = 64
LEARNING_RATE = 3e-3

TASKS = {}


def task(function):
    """Registers a protocol: `(method or None, seed, arguments) -> accuracy`."""
    TASKS[function.__name__] = function
    return function


@functools.cache
def digits_data():
    """Splits the 1,797 digits: 1,047 train, 250 eval, 500 test, stratified."""
    images, labels = datasets.load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1).astype("float32")
    rest, x_test, y_rest, y_test = train_test_split(
        images, labels, test_size=500, random_state=0, stratify=labels
    )
    x_train, x_eval, y_train, y_eval = train_test_split(
        rest, y_rest, test_size=250, random_state=0, stratify=y_rest
    )
    return {
        "train": (x_train, y_train),
        "eval": (x_eval, y_eval),
        "test": (x_test, y_test),
    }


def teacher_model():
    """The teacher's architecture: 94,698 parameters."""
    return tfkd.models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=10,
        scale=1 / 16,
        filters=(32, 32, 64),
        strides=(1, 1, 2),
        dense=(64,),
    )


def student_model(filters=(4, 8)):
    """The student's architecture: 1,662 parameters."""
    return tfkd.models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=10,
        scale=1 / 16,
        filters=filters,
        strides=(1, 2),
    )


def compile_model(model, steps, learning_rate=LEARNING_RATE):
    """Compiles with AdamW, a cosine decay and the cross-entropy of logits."""
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-4),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    return model


@functools.cache
def digits_teacher(seed=1000):
    """A teacher trained on all training labels for 25 epochs."""
    keras.utils.set_random_seed(seed)
    images, labels = digits_data()["train"]
    model = compile_model(teacher_model(), 25 * steps_per_epoch(images))
    model.fit(images, labels, epochs=25, batch_size=BATCH, verbose=0)
    return model


def steps_per_epoch(images):
    """Steps that one pass over the images takes."""
    return -(-len(images) // BATCH)


def hidden_labels(labels, seed):
    """Keeps 10 labels a class; the others become -1."""
    random = np.random.default_rng(seed)
    hidden = np.full_like(labels, -1)
    for label in np.unique(labels):
        chosen = random.choice(
            np.flatnonzero(labels == label),
            LABELLED // len(np.unique(labels)),
            replace=False,
        )
        hidden[chosen] = label
    return hidden


def accuracy(model, split="test"):
    """Share of right answers of a classifier on a split."""
    images, labels = digits_data()[split]
    logits = model.predict(images, batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))


def control(student, seed, split):
    """Trains a student on the 100 labels alone, for as many steps."""
    images, labels = digits_data()["train"]
    shown = hidden_labels(labels, seed) >= 0
    steps = EPOCHS * steps_per_epoch(images)
    batch = 20
    compile_model(student, steps).fit(
        images[shown],
        labels[shown],
        batch_size=batch,
        epochs=-(-steps * batch // int(shown.sum())),
        verbose=0,
    )
    return accuracy(student, split)


def distilled(method, seed, arguments, split, make_teacher):
    """Trains a student with a method on 100 labels and images without."""
    images, labels = digits_data()["train"]
    teacher = make_teacher()
    keras.utils.set_random_seed(seed)
    student = student_model()
    if method is None:
        return control(student, seed, split)
    steps = EPOCHS * steps_per_epoch(images)
    model = compile_model(
        method.build(teacher=teacher, student=student, **arguments), steps
    )
    x = images
    if "index" in method.card.get("needs", ()):
        x = {"student": images, "index": np.arange(len(images))}
    hidden = hidden_labels(labels, seed)
    model.fit(x, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    return accuracy(model.student, split)


@task
def digits(method, seed, arguments, split="test"):
    """A teacher; 100 labels, 947 images without."""
    return distilled(method, seed, arguments, split, digits_teacher)


@task
def two_teachers(method, seed, arguments, split="test"):
    """As `digits`, with two teachers of different seeds."""

    def teachers():
        return [digits_teacher(1000), digits_teacher(1001)]

    return distilled(method, seed, arguments, split, teachers)


@task
def no_teacher(method, seed, arguments, split="test"):
    """As `digits`, without a teacher: peers, exits, earlier selves."""
    return distilled(method, seed, arguments, split, lambda: None)


@task
def born_again(method, seed, arguments, split="test"):
    """100 labels; the teacher is a student trained on the same labels."""

    def first():
        keras.utils.set_random_seed(seed)
        model = student_model()
        control(model, seed, split)
        return model

    return distilled(method, seed, arguments, split, first)
