"""Private digits in the hands of several, public digits without labels."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from learning_protocols.digits import teacher_model

SHARDS = 10
PUBLIC = 347


def shards():
    """Splits the training digits: 10 private shards of 70, 347 public."""
    images, labels = digits_data()["train"]
    order = np.random.default_rng(0).permutation(len(images))
    rows = np.array_split(order[PUBLIC:], SHARDS)
    return images[order[:PUBLIC]], [(images[r], labels[r]) for r in rows]


@functools.cache
def teacher_of(shard):
    """A teacher trained on one shard for 25 passes over it."""
    images, labels = shards()[1][shard]
    keras.utils.set_random_seed(1000 + shard)
    model = compile_model(teacher_model(), 100)
    model.fit(images, labels, epochs=25, batch_size=20, verbose=0)
    return model


@task
def private_shards(method, seed, arguments, split="test"):
    """10 teachers of 70 private digits each; 347 public ones, no labels.

    The control is a student trained on one shard, the 70 labels that its
    owner has, for as many steps.
    """
    public, private = shards()
    steps = EPOCHS * -(-len(public) // BATCH)
    teachers = [teacher_of(shard) for shard in range(SHARDS)]
    keras.utils.set_random_seed(seed)
    student = student_model()
    if method is None:
        images, labels = private[seed % SHARDS]
        model = compile_model(student, steps)
        epochs = -(-steps * 20 // len(images))
        model.fit(images, labels, epochs=epochs, batch_size=20, verbose=0)
        return accuracy(student, split)
    model = method.build(teacher=teachers, student=student, **arguments)
    compile_model(model, steps)
    x = {"student": public, "index": np.arange(len(public))}
    nothing = np.full(len(public), -1)
    model.fit(x, nothing, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    return accuracy(student, split)
