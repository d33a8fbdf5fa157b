"""What embeddings are good for: clusters, two sensors, unseen classes."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import digits_teacher
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from learning_protocols.digits import teacher_model
from tfkd import models

# Classes of pairs: all of the digits 0 to 4, left and right. Nobody sees the
# pairs of twice the same digit.
PAIRS = tuple((left, right) for left in range(5) for right in range(5))
UNSEEN = tuple(k for k, (left, right) in enumerate(PAIRS) if left == right)
ATTRIBUTES = tuple(
    tuple(float(d == left) for d in range(5))
    + tuple(float(d == right) for d in range(5))
    for left, right in PAIRS
)


def embed(model, images):
    """Returns a model's embeddings of images."""
    tap = keras.Model(model.inputs, model.get_layer("embedding").output)
    return tap.predict(images, batch_size=500, verbose=0)


def wide_student():
    """The student with an embedding as wide as the teacher's, 64."""
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=10,
        scale=1 / 16,
        filters=(4, 8),
        strides=(1, 2),
        dense=(64,),
    )


def fit_labelled(model, images, labels, steps):
    """Trains on labelled images, 20 in a batch."""
    compile_model(model, steps)
    epochs = -(-steps * 20 // len(images))
    model.fit(images, labels, batch_size=20, epochs=epochs, verbose=0)


def rotated(images):
    """Every image four times, turned by 0 to 3 quarters, and which."""
    turned = [np.rot90(images, k, axes=(1, 2)) for k in range(4)]
    return np.concatenate(turned), np.repeat(np.arange(4), len(images))


@functools.cache
def rotation_teacher():
    """A large network that tells how images are turned; it saw no label."""
    keras.utils.set_random_seed(1000)
    images, turns = rotated(digits_data()["train"][0])
    model = compile_model(teacher_model(), 15 * steps_per_epoch(images))
    model.fit(images, turns, epochs=15, batch_size=BATCH, verbose=0)
    return model


@task
def linear_probe(method, seed, arguments, split="test"):
    """A self-supervised teacher; a linear classifier on the student scores.

    The teacher, and the control for as many steps as a method, learn how
    images are turned. No network sees a label: a logistic regression learns
    from the embeddings of 100 labelled images.
    """
    from sklearn import linear_model

    images, labels = digits_data()["train"]
    teacher = rotation_teacher()
    keras.utils.set_random_seed(seed)
    student = student_model()
    steps = EPOCHS * steps_per_epoch(images)
    if method is None:
        turned, turns = rotated(images)
        compile_model(student, steps)
        student.fit(
            turned, turns, epochs=EPOCHS // 4, batch_size=BATCH, verbose=0
        )
    else:
        model = method.build(teacher=teacher, student=student, **arguments)
        compile_model(model, steps)
        hidden = np.full_like(labels, -1)
        model.fit(images, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    shown = hidden_labels(labels, seed) >= 0
    probe = linear_model.LogisticRegression(max_iter=5000)
    probe.fit(embed(student, images[shown]), labels[shown])
    images, labels = digits_data()[split]
    return float(probe.score(embed(student, images), labels))


def left_half(images):
    """What a sensor sees that is blind on the right."""
    return images * (np.arange(8) < 5).astype("float32")[:, None]


@task
def cross_modal_retrieval(method, seed, arguments, split="test"):
    """Images of which the right is hidden look for whole ones.

    The student sees 5 of 8 columns, the teacher all. The score is recall@1:
    whether the training image whose embedding by the teacher is nearest to a
    query's by the student is of its class. 1,047 pairs have no label. The
    control has the teacher's classifier, frozen as a method's, which makes
    its embedding comparable, and trains on 100 labels for as many steps.
    """
    images, labels = digits_data()["train"]
    teacher = digits_teacher()
    keras.utils.set_random_seed(seed)
    student = wide_student()
    steps = EPOCHS * steps_per_epoch(images)
    if method is None:
        head = student.get_layer("logits")
        head.set_weights(teacher.get_layer("logits").get_weights())
        head.trainable = False
        shown = hidden_labels(labels, seed) >= 0
        fit_labelled(student, left_half(images[shown]), labels[shown], steps)
    else:
        model = method.build(teacher=teacher, student=student, **arguments)
        compile_model(model, steps)
        x = {"student": left_half(images), "teacher": images}
        hidden = np.full_like(labels, -1)
        model.fit(x, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    gallery = embed(teacher, images).astype("float64")
    queries, wanted = digits_data()[split]
    queries = embed(student, left_half(queries)).astype("float64")
    gaps = np.sum(gallery**2, axis=1) - 2 * queries @ gallery.T
    return float(np.mean(labels[np.argmin(gaps, axis=1)] == wanted))


def pairs(count, classes, split, seed):
    """Images of two digits side by side, and the classes of these pairs."""
    images, labels = digits_data()[split]
    random = np.random.default_rng(seed)
    y = random.choice(classes, count)
    halves = [
        np.stack(
            [
                images[random.choice(np.flatnonzero(labels == PAIRS[k][side]))]
                for k in y
            ]
        )
        for side in (0, 1)
    ]
    return np.concatenate(halves, axis=2), y


def pair_network(filters, strides):
    """A classifier of pairs, with an embedding of 64."""
    return models.build(
        "cnn",
        input_shape=(8, 16, 1),
        num_classes=len(PAIRS),
        scale=1 / 16,
        filters=filters,
        strides=strides,
        dense=(64,),
    )


@functools.cache
def pair_teacher():
    """A teacher of 3,000 images of the 20 seen pairs."""
    keras.utils.set_random_seed(1000)
    model = pair_network((32, 32, 64), (1, 2, 2))
    seen = [k for k in range(len(PAIRS)) if k not in UNSEEN]
    images, labels = pairs(3000, seen, "train", seed=1)
    compile_model(model, 15 * steps_per_epoch(images))
    model.fit(images, labels, epochs=15, batch_size=BATCH, verbose=0)
    return model


@task
def unseen_pairs(method, seed, arguments, split="test"):
    """Two digits in an image: 20 pairs with labels, 5 without any image.

    Attributes of a pair are its left and its right digit, of 0 to 4. The
    score is the accuracy among the 5 pairs of twice the same digit. Of the
    others, the teacher saw 3,000 images, and method and control see 100.
    The control learns these classes alone; its answer is the unseen pair
    whose attributes are nearest to the mean of the seen pairs' attributes,
    weighted by their probabilities.
    """
    seen = [k for k in range(len(PAIRS)) if k not in UNSEEN]
    images, labels = pairs(100, seen, "train", seed=2)
    teacher = pair_teacher()
    keras.utils.set_random_seed(seed)
    student = pair_network((4, 8), (2, 2))
    model = student
    if method is not None:
        model = method.build(
            teacher=teacher,
            student=student,
            attributes=ATTRIBUTES,
            unseen=UNSEEN,
            **arguments,
        )
    compile_model(model, 10 * EPOCHS * steps_per_epoch(images))
    model.fit(images, labels, epochs=10 * EPOCHS, batch_size=BATCH, verbose=0)
    images, labels = pairs(500, UNSEEN, split, seed=3)
    logits = student.predict(images, batch_size=500, verbose=0)
    if method is None:
        attributes = np.array(ATTRIBUTES)
        chances = np.exp(logits[:, seen] - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        found = chances @ attributes[seen]
        gaps = found[:, None] - attributes[list(UNSEEN)]
        scores = -np.sum(gaps**2, axis=-1)
    else:
        scores = logits[:, list(UNSEEN)]
    answers = np.array(UNSEEN)[np.argmax(scores, axis=1)]
    return float(np.mean(answers == labels))
