"""Controllers of systems of two kinds, each learned from noisy experience."""

import keras
import numpy as np

from learning_protocols.digits import task
from tfkd.models.shared_policies import shared_policies

# Tasks of each kind of system: how many, and how many numbers a state has.
KINDS = {"cart": (8, 2), "motor": (8, 3)}
STEP = 0.1
HORIZON = 100
STEPS = 1000


def system(kind, random):
    """Returns the matrices of a linear system of random mass and friction."""
    mass, friction = random.uniform(0.5, 2.0), random.uniform(0.0, 1.0)
    a = np.eye(KINDS[kind][1])
    b = np.zeros((len(a), 1))
    a[0, 1] = STEP
    a[1, 1] -= STEP * friction / mass
    if kind == "cart":
        b[1, 0] = STEP / mass
    else:
        # The force follows the action late.
        a[1, 2], a[2, 2], b[2, 0] = STEP / mass, 0.5, 0.5
    return a, b


def best(a, b):
    """Returns the gain of least cost x'x + 0.1 u'u, by Riccati's equation."""
    value = np.eye(len(a))
    for _ in range(500):
        gain = np.linalg.solve(0.1 + b.T @ value @ b, b.T @ value @ a)
        value = np.eye(len(a)) + a.T @ value @ (a - b @ gain)
    return gain


def cost(a, b, gain):
    """Returns the cost from a state of ones."""
    state, total = np.ones(len(a)), 0.0
    for _ in range(HORIZON):
        action = -gain @ state
        total += state @ state + 0.1 * action @ action
        state = np.clip(a @ state + b @ action, -1e6, 1e6)
    return total


def linear(gain, name):
    """A network that acts by a gain."""
    state = keras.Input((gain.shape[1],))
    layer = keras.layers.Dense(1, use_bias=False, name="action")
    model = keras.Model(state, layer(state), name=name)
    layer.set_weights([-gain.T.astype("float32")])
    return model


@task
def controllers(method, seed, arguments, split="test"):
    """16 linear systems of two kinds; the teachers' gains are noisy.

    The noise stands for little experience of each task. The score is the
    mean of least cost over cost, 1 at best. The control acts as each task's
    teacher does.
    """
    random = np.random.default_rng([seed, int(split == "test")])
    names, systems, noisy = {}, [], []
    for kind, (count, _) in KINDS.items():
        for number in range(count):
            names[f"{kind}{number}"] = kind
            systems.append(system(kind, random))
            gain = best(*systems[-1])
            size = 0.4 * np.abs(gain).mean()
            noisy.append(gain + random.normal(0, size, gain.shape))
    found = noisy
    if method is not None:
        keras.utils.set_random_seed(seed)
        # A basis of two would hold the noise of a cart's two numbers, too.
        student = shared_policies(
            {kind: width for kind, (_, width) in KINDS.items()}, names, basis=1
        )
        teachers = [linear(g, n) for g, n in zip(noisy, names)]
        model = method.build(teacher=teachers, student=student, **arguments)
        rate = keras.optimizers.schedules.CosineDecay(0.02, STEPS)
        model.compile(keras.optimizers.Adam(rate), jit_compile=False)
        states = {
            kind: random.normal(size=(400, width)).astype("float32")
            for kind, (_, width) in KINDS.items()
        }
        model.fit(states, epochs=STEPS // 10, batch_size=40, verbose=0)
        layer = student.get_layer("shared_policies")
        found = [-np.asarray(theta) for theta in layer.policies()]
    return float(
        np.mean(
            [
                cost(*matrices, best(*matrices)) / cost(*matrices, gain)
                for matrices, gain in zip(systems, found)
            ]
        )
    )
