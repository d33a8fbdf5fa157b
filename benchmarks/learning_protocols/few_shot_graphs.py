"""Graphs of which few nodes are known."""

import keras
import numpy as np

from learning_protocols.digits import LEARNING_RATE
from learning_protocols.digits import task
from tfkd.tasks import graph

WAYS, SHOTS = 3, 2
EPISODES = 600
TARGET_GRAPHS, TARGET_NODES = 8, 36
EPISODE_STEPS = 750


def fit_episodes(model, x, y, batch=8):
    """Trains for 750 steps of 8 graphs."""
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, EPISODE_STEPS)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-4),
        graph.loss(),
        jit_compile=False,
    )
    epochs = EPISODE_STEPS // -(-len(y) // batch)
    model.fit(x, y, epochs=epochs, batch_size=batch, verbose=0)


def known_only(x):
    """Asks one known node a class by the other, and hides all else."""
    support = x["support"]
    first = np.arange(support.shape[1]) % SHOTS == 0
    asked = np.where(first, -1, support)
    return {**x, "support": np.where(first, support, -1)}, asked


@task
def few_shot_graphs(method, seed, arguments, split="test"):
    """Graphs of images of three digits, of which two of each are known.

    The student learns on 600 auxiliary graphs, of training images and all
    labels, and is asked about 240 nodes of 8 graphs of other images (on the
    eval split, of training images too). The control is the same student that
    learns on these 8 graphs, from their 48 known nodes alone, for as many
    steps.
    """
    keras.utils.set_random_seed(seed)
    student = graph.few_shot_model(num_classes=WAYS)
    images = {"test": "test", "eval": "train"}[split]
    new, truth = graph.few_shot_data(
        TARGET_GRAPHS,
        ways=WAYS,
        shots=SHOTS,
        nodes=TARGET_NODES,
        split=images,
        seed=1,
    )
    if method is None:
        fit_episodes(student, *known_only(new))
    else:
        x, y = graph.few_shot_data(EPISODES, ways=WAYS, shots=SHOTS, seed=seed)
        model = method.build(teacher=None, student=student, **arguments)
        fit_episodes(model, x, y)
    found = np.argmax(student.predict(new, verbose=0), axis=-1)
    asked = truth >= 0
    return float(np.mean(found[asked] == truth[asked]))
