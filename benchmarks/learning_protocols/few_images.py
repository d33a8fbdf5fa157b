"""100 digits and no others: what else there is to learn from."""

import keras
import numpy as np
from sklearn import datasets

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import control
from learning_protocols.digits import digits_data
from learning_protocols.digits import digits_teacher
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from tfkd import sources


def labelled_digits(seed):
    """Returns the 100 images that have a label, and their labels."""
    images, labels = digits_data()["train"]
    shown = hidden_labels(labels, seed) >= 0
    return images[shown], labels[shown]


def photograph_patches(count, seed):
    """Cuts squares from two photographs, and fits them to digits."""
    random = np.random.default_rng(seed)
    patches = []
    for number in range(count):
        photograph = datasets.load_sample_images().images[number % 2]
        size = random.integers(16, 129)
        top, left = (
            random.integers(0, side - size + 1) for side in photograph.shape[:2]
        )
        patch = photograph[None, top : top + size, left : left + size]
        patches.append(sources.as_stimulus(patch, (8, 8, 1), low=0, high=16))
    return np.concatenate(patches)


def _distilled(method, seed, arguments, split, make_teacher, data, examples):
    """Trains for as many steps as `digits`, on data of so many examples."""
    steps = EPOCHS * steps_per_epoch(digits_data()["train"][0])
    teacher = make_teacher()
    keras.utils.set_random_seed(seed)
    student = student_model()
    if method is None:
        return control(student, seed, split)
    model = method.build(teacher=teacher, student=student, **arguments)
    epochs = round(steps / -(-examples // BATCH))
    compile_model(model, steps)
    model.fit(*data, epochs=epochs, batch_size=BATCH, verbose=0)
    return accuracy(student, split)


@task
def few_images(method, seed, arguments, split="test"):
    """Two teachers; 100 digits with labels, and what a method makes of them.

    The control trains on the 100 digits, for as many steps.
    """
    data = labelled_digits(seed)
    return _distilled(
        method,
        seed,
        arguments,
        split,
        lambda: [digits_teacher(1000), digits_teacher(1001)],
        data,
        len(data[0]) * (1 + arguments.get("copies", 0)),
    )


@task
def mismatched_images(method, seed, arguments, split="test"):
    """A teacher; 100 digits with labels, 947 pieces of photographs without.

    The control trains on the 100 digits, for as many steps.
    """
    patches = photograph_patches(947, seed)
    data = sources.with_unlabelled(*labelled_digits(seed), patches)
    return _distilled(
        method, seed, arguments, split, digits_teacher, data, len(data[0])
    )
