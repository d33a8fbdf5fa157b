"""Digits from two views, of which one has labels."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task
from tfkd.models import bag_of_words

# Images of the labelled view; the others are pairs.
LABELLED = 500
# Labelled images a class that the control has of the other view.
SHOTS = 2


def turned(images):
    """What a camera sees that lies on its side."""
    return np.ascontiguousarray(np.rot90(images, axes=(1, 2)))


def bag(images, groups=None):
    """A linear classifier of 200 words, patches of 4x4 of these images."""
    model = bag_of_words.build(
        input_shape=(8, 8, 1),
        num_classes=10,
        scale=1 / 16,
        words=200,
        patch=4,
        groups=groups,
    )
    model.get_layer("words").adapt(images / 16)
    return model


@functools.cache
def upright_teacher():
    """A classifier of upright digits, from 500 labels."""
    keras.utils.set_random_seed(1000)
    images, labels = (part[:LABELLED] for part in digits_data()["train"])
    model = compile_model(bag(images), 100 * steps_per_epoch(images))
    model.fit(images, labels, epochs=100, batch_size=BATCH, verbose=0)
    return model


@task
def quarter_turns(method, seed, arguments, split="test"):
    """Bags of words of upright digits teach those of digits on their side.

    The teacher saw 500 upright digits with labels. Of 547 others there are
    pairs, upright and turned by a quarter, without any label. The control is
    a classifier of bags of words that has 20 labels of turned digits, of
    which a method sees none, for as many steps. (The teacher itself, shown
    turned digits with the vocabulary of upright ones, knows a tenth.)
    """
    images, labels = digits_data()["train"]
    there, here = images[LABELLED:], turned(images[LABELLED:])
    steps = EPOCHS * steps_per_epoch(here)
    keras.utils.set_random_seed(seed)
    if method is None:
        student = bag(here)
        random = np.random.default_rng(seed)
        own = labels[LABELLED:]
        shown = np.concatenate(
            [
                random.choice(np.flatnonzero(own == k), SHOTS, replace=False)
                for k in range(10)
            ]
        )
        compile_model(student, steps).fit(
            here[shown], own[shown], epochs=steps, batch_size=20, verbose=0
        )
    else:
        student = bag(here, groups=64)
        model = method.build(
            teacher=upright_teacher(), student=student, **arguments
        )
        compile_model(model, steps)
        hidden = np.full(len(here), -1)
        x = {"student": here, "teacher": there}
        model.fit(x, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    images, labels = digits_data()[split]
    logits = student.predict(turned(images), batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))
