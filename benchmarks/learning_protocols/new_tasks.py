"""Tasks of three digits each: training knows some digits, a test the others."""

import keras
import numpy as np

from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import student_model
from learning_protocols.digits import task

KNOWN = 6
WAYS = 3
# Examples of a task, in this many steps; three of a class a step.
STEPS = 6
EXAMPLES = STEPS * WAYS * 3
TASKS = 1000
TEST_TASKS = 20
RATE = 0.3


def draw(images, labels, classes, random):
    """Returns a task's images and labels of its own, and the rows it took."""
    chosen = random.choice(classes, WAYS, replace=False)
    rows = np.concatenate(
        [
            random.choice(np.flatnonzero(labels == label), EXAMPLES // WAYS)
            for label in chosen
        ]
    )
    own = np.repeat(np.arange(WAYS), EXAMPLES // WAYS)
    order = random.permutation(EXAMPLES)
    return images[rows[order]], own[order], (chosen, rows)


def accuracy_after_learning(student, split):
    """Mean accuracy on new digits, after a few steps on few images."""
    images, labels = digits_data()[split]
    random = np.random.default_rng(0)
    start, scores = student.get_weights(), []
    for _ in range(TEST_TASKS):
        x, y, (chosen, rows) = draw(images, labels, range(KNOWN, 10), random)
        student.set_weights(start)
        student.compile(
            keras.optimizers.SGD(RATE),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        student.fit(
            x, y, batch_size=EXAMPLES // STEPS, shuffle=False, verbose=0
        )
        for label, digit in enumerate(chosen):
            rest = np.setdiff1d(np.flatnonzero(labels == digit), rows)
            logits = student.predict(images[rest], verbose=0)
            scores.append(np.mean(np.argmax(logits[:, :WAYS], 1) == label))
    student.set_weights(start)
    return float(np.mean(scores))


@task
def new_tasks(method, seed, arguments, split="test"):
    """No teacher: 1,000 tasks of 3 of the digits 0 to 5, with 54 images each.

    The score is the mean accuracy on 20 tasks of the digits 6 to 9, after 6
    steps of gradient descent on 54 images. The control is trained on the
    same 1,000 batches, as any student.
    """
    images, labels = digits_data()["train"]
    random = np.random.default_rng(seed)
    drawn = [
        draw(images, labels, range(KNOWN), random)[:2] for _ in range(TASKS)
    ]
    x, y = (np.concatenate(parts) for parts in zip(*drawn))
    keras.utils.set_random_seed(seed)
    student = student_model()
    model = student
    if method is not None:
        model = method.build(teacher=None, student=student, **arguments)
    compile_model(model, TASKS)
    model.fit(x, y, batch_size=EXAMPLES, shuffle=False, verbose=0)
    return accuracy_after_learning(student, split)
