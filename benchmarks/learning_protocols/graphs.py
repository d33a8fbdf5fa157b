"""Graphs of digits: a class for every node, or for every graph."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import LEARNING_RATE
from learning_protocols.digits import digits_data
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task
from tfkd.tasks import digit_graphs
from tfkd.tasks import graph
from tfkd.teachers import GraphMetrics

NODES = 50
NEIGHBORS = 5
GRAPH_EPOCHS = 100
GRAPH_BATCH = 2


def compile_graph(model, steps, learning_rate=LEARNING_RATE):
    """Compiles with AdamW, a cosine decay and the loss of the task."""
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-4),
        graph.loss(),
        jit_compile=False,
    )
    return model


def neighborhoods(images, labels, rounds, seed=0):
    """Cuts images into graphs of 50 nodes, in another order each round."""
    random = np.random.default_rng(seed)
    whole = len(images) // NODES * NODES
    rows = np.concatenate(
        [random.permutation(len(images))[:whole] for _ in range(rounds)]
    ).reshape(-1, NODES)
    features = images.reshape(len(images), -1)[rows] / 16
    adjacency = [digit_graphs.nearest(x, NEIGHBORS) for x in features]
    x = {"features": features, "adjacency": np.stack(adjacency)}
    return x, labels[rows]


def fit_nodes(model, labels, epochs, seed=0):
    """Trains on the graphs of the training images with these labels."""
    images, _ = digits_data()["train"]
    x, y = neighborhoods(images, labels, epochs, seed)
    compile_graph(model, -(-len(y) // GRAPH_BATCH))
    model.fit(x, y, batch_size=GRAPH_BATCH, shuffle=False, verbose=0)
    return model


@functools.cache
def node_teacher():
    """A graph network of 32,842 parameters that saw all training labels."""
    keras.utils.set_random_seed(1000)
    model = graph.model(units=(64, 64))
    return fit_nodes(model, digits_data()["train"][1], 40)


@task
def graph_nodes(method, seed, arguments, split="test"):
    """Images among their nearest ones; 100 nodes' labels, 947 hidden ones.

    Every graph has 50 training images; 100 epochs of 10 steps of 2 graphs.
    The teacher saw all labels. The control trains on the same graphs and the
    100 labels. Test images form graphs of their own.
    """
    teacher = node_teacher()
    _, labels = digits_data()["train"]
    keras.utils.set_random_seed(seed)
    student = graph.model(units=(8, 8))
    model = student
    if method is not None:
        model = method.build(teacher=teacher, student=student, **arguments)
    fit_nodes(model, hidden_labels(labels, seed), GRAPH_EPOCHS, seed)
    x, y = neighborhoods(*digits_data()[split], rounds=1)
    found = np.argmax(student.predict(x, verbose=0), axis=-1)
    return float(np.mean(found == y))


def pixels(images):
    """Inputs of a network: the graphs of images' dark pixels."""
    features, adjacency = digit_graphs.of_pixels(images.reshape(-1, 64))
    return {"features": features, "adjacency": adjacency}


@task
def graph_pixels(method, seed, arguments, split="test"):
    """Images as graphs of their dark pixels: 100 labels, 947 hidden ones.

    The teacher is the graphs' metrics, adapted to the training graphs. The
    control trains on the 100 graphs and labels, for as many steps.
    """
    images, labels = digits_data()["train"]
    hidden = hidden_labels(labels, seed)
    x = pixels(images)
    keras.utils.set_random_seed(seed)
    student = graph.model(features=3, units=(32, 32, 32), level="graph")
    steps = EPOCHS * steps_per_epoch(images)
    if method is None:
        shown, batch = hidden >= 0, 20
        compile_graph(student, steps, 1e-2).fit(
            {name: part[shown] for name, part in x.items()},
            labels[shown],
            batch_size=batch,
            epochs=-(-steps * batch // int(shown.sum())),
            verbose=0,
        )
    else:
        teacher = GraphMetrics()
        teacher.adapt(x["adjacency"])
        model = method.build(teacher=teacher, student=student, **arguments)
        compile_graph(model, steps, 1e-2)
        model.fit(x, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    images, labels = digits_data()[split]
    logits = student.predict(pixels(images), batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))
