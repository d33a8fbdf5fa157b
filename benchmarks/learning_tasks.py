"""Protocols of the learning table: data, models, and how a run is scored."""

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
def digits_teacher():
    """A teacher trained on all training labels for 25 epochs."""
    keras.utils.set_random_seed(1000)
    model = compile_model(teacher_model(), 1e-3)
    model.fit(*digits_data()["train"], epochs=25, batch_size=BATCH, verbose=0)
    return model


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


@task
def digits(method, seed, arguments, split="test"):
    """100 labels, 947 images without; the control has the 100 labels."""
    images, labels = digits_data()["train"]
    hidden = hidden_labels(labels, seed)
    keras.utils.set_random_seed(seed)
    student = student_model()
    steps = EPOCHS * steps_per_epoch(images)
    if method is None:
        shown = hidden >= 0
        model = compile_model(student, steps)
        batch = 20
        epochs = -(-steps * batch // int(shown.sum()))
        model.fit(
            images[shown],
            labels[shown],
            batch_size=batch,
            epochs=epochs,
            verbose=0,
        )
        return accuracy(student, split)
    model = compile_model(
        method.build(teacher=digits_teacher(), student=student, **arguments),
        steps,
    )
    x = images
    if "index" in method.card.get("needs", ()):
        x = {"student": images, "index": np.arange(len(images))}
    model.fit(x, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    return accuracy(model.student, split)
