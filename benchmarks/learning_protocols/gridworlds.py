"""Mazes in which a policy looks for a goal; what was done there is recorded."""

import functools

import keras
import numpy as np

import tfkd
from learning_protocols.digits import BATCH
from learning_protocols.digits import compile_model
from learning_protocols.digits import task
from tfkd.losses import CategoricalReturns
from tfkd.losses.categorical_returns import action_values

SIZE = 6
# Down, up, right, left; then the diagonals.
MOVES = np.array(
    [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)]
)
ACTIONS = 4
DISCOUNT = 0.9
HORIZON = 20
STATES = 2000
LABELLED = 200
STEPS = 1020
ATOMS = 11
# How often the recorded action is one by chance.
NOISE = 0.3


def mazes(count, seed, actions=ACTIONS):
    """Returns walls, goals, and the optimal Q-values of every field.

    Args:
        count: Mazes of 6x6 fields, of which a tenth are walls.
        seed: Behind walls and goals.
        actions: 4 or 8 of `MOVES`.

    Returns:
        Walls and goals `(count, 6, 6)`, true or false; Q-values
        `(count, 6, 6, actions)`: 0.9 to the power of the steps that are left
        after the action, 0 where no way leads to the goal.
    """
    random = np.random.default_rng(seed)
    walls = random.random((count, SIZE, SIZE)) < 0.1
    place = random.integers(0, SIZE, (count, 2))
    goals = np.zeros_like(walls)
    goals[np.arange(count), place[:, 0], place[:, 1]] = True
    walls &= ~goals
    value = goals.astype("float64")
    before = None
    while not np.array_equal(before, value):
        before = value
        best = DISCOUNT * after(walls, value, actions).max(-1)
        value = np.where(goals, 1.0, np.where(walls, 0.0, best))
    return walls, goals, after(walls, value, actions)


def after(walls, value, actions):
    """Returns the value of where each action leads, `(..., actions)`."""
    maze = np.arange(len(walls))[:, None, None]
    row, column = np.meshgrid(range(SIZE), range(SIZE), indexing="ij")
    found = []
    for move in MOVES[:actions]:
        there = np.clip(row + move[0], 0, SIZE - 1)
        across = np.clip(column + move[1], 0, SIZE - 1)
        stays = walls[maze, there, across]
        moved = value[maze, there, across]
        found.append(np.where(stays, value, moved))
    return np.stack(found, axis=-1)


def seen(walls, goals, fields):
    """What a policy sees: walls, the goal and itself, `(count, 6, 6, 3)`."""
    own = np.zeros(walls.shape)
    own[np.arange(len(walls)), fields[:, 0], fields[:, 1]] = 1
    return np.stack([walls, goals, own], axis=-1).astype("float32")


def starts(walls, goals, q, random):
    """One field of each maze from which a way leads to the goal, not it."""
    fit = (q.max(-1) > 0) & ~goals & ~walls
    # A maze without any such field starts at its goal.
    fit |= goals & ~fit.any((1, 2), keepdims=True)
    rank = np.where(fit, random.random(fit.shape), -1).reshape(len(fit), -1)
    return np.stack(np.unravel_index(rank.argmax(1), (SIZE, SIZE)), axis=1)


def states(count, seed, actions=ACTIONS):
    """Returns what is seen in a state of each maze, and its Q-values."""
    walls, goals, q = mazes(count, seed, actions)
    fields = starts(walls, goals, q, np.random.default_rng(seed + 1))
    rows = np.arange(count), fields[:, 0], fields[:, 1]
    return seen(walls, goals, fields), q[rows].astype("float32")


def mean_return(act, split, count=400):
    """Plays 400 mazes that nobody trained on.

    Args:
        act: From what is seen to numbers of actions.
        split: `"eval"` or `"test"`.
        count: Mazes.

    Returns:
        The mean over mazes of the discounted return, over that of an optimal
        policy: between 0 and 1.
    """
    walls, goals, q = mazes(count, 5 if split == "eval" else 7)
    fields = starts(walls, goals, q, np.random.default_rng(11))
    maze = np.arange(count)
    best = q[maze, fields[:, 0], fields[:, 1]].max(-1)
    gained, done = np.zeros(count), goals[maze, fields[:, 0], fields[:, 1]]
    played = ~done
    for step in range(HORIZON):
        actions = act(seen(walls, goals, fields))
        there = np.clip(fields + MOVES[actions], 0, SIZE - 1)
        free = ~walls[maze, there[:, 0], there[:, 1]] & ~done
        fields = np.where(free[:, None], there, fields)
        reached = goals[maze, fields[:, 0], fields[:, 1]] & ~done
        gained[reached] = DISCOUNT**step
        done |= reached
    return float(gained[played].sum() / best[played].sum())


def policy(units, actions=ACTIONS):
    """A perceptron from what is seen to a number for each action."""
    return tfkd.models.build(
        "mlp", input_shape=(SIZE, SIZE, 3), num_classes=actions, units=units
    )


@functools.cache
def q_network(actions=ACTIONS):
    """A teacher that learned the optimal Q-values of 20,000 states."""
    keras.utils.set_random_seed(1000)
    model = policy((256, 128), actions)
    x, q = states(20000, 3, actions)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, 20 * (len(x) // 128))
    model.compile(keras.optimizers.AdamW(rate), "mse", jit_compile=False)
    model.fit(x, q, epochs=20, batch_size=128, verbose=0)
    return model


def recorded(seed):
    """2,000 states; in 200, an action and the return that followed it.

    Three of ten of the actions are by chance, and the way after them is the
    shortest.
    """
    random = np.random.default_rng(seed)
    x, q = states(STATES, 100 + seed)
    chance = random.integers(0, ACTIONS, STATES)
    action = np.where(random.random(STATES) < NOISE, chance, q.argmax(1))
    value = q[np.arange(STATES), action]
    hidden = random.permutation(STATES) >= LABELLED
    return x, np.where(hidden, -1, action), value


def fit(model, x, y, loss=None):
    """Trains for 1,020 steps of 64 states."""
    compile_model(model, STEPS)
    if loss is not None:
        model.compile(model.optimizer, loss, jit_compile=False)
    model.fit(
        x, y, batch_size=BATCH, epochs=-(-STEPS * BATCH // len(x)), verbose=0
    )


def trained(method, seed, arguments, teacher, split):
    """Trains a policy on recorded states, and lets it play."""
    x, actions, _ = recorded(seed)
    shown = actions >= 0
    keras.utils.set_random_seed(seed)
    student = policy((24,))
    if method is None:
        fit(student, x[shown], actions[shown])
    else:
        model = method.build(teacher=teacher, student=student, **arguments)
        fit(model, x, actions)
    return mean_return(
        lambda x: student.predict(x, batch_size=400, verbose=0).argmax(-1),
        split,
    )


@task
def replayed_states(method, seed, arguments, split="test"):
    """2,000 states of mazes, 200 with an action; the score is a return.

    It is the mean discounted return in other mazes, over the optimal one's.
    The teacher knows the Q-values of 20,000 states. The control imitates the
    200 actions, of which three of ten are by chance, for as many steps.
    """
    return trained(method, seed, arguments, q_network(), split)


@task
def policies_without_teacher(method, seed, arguments, split="test"):
    """As `replayed_states`, without a teacher."""
    return trained(method, seed, arguments, None, split)


@task
def other_actions(method, seed, arguments, split="test"):
    """As `replayed_states`; the teacher can move diagonally as well."""
    return trained(method, seed, arguments, q_network(len(MOVES)), split)


def value_network(units):
    """A perceptron to a value distribution of each action."""
    inputs = keras.Input((SIZE, SIZE, 3), name="image")
    x = keras.layers.Flatten(name="flatten")(inputs)
    for number, width in enumerate(units, start=1):
        x = keras.layers.Dense(width, activation="relu", name=f"stage{number}")(
            x
        )
    x = keras.layers.Dense(ACTIONS * ATOMS, name="scores")(x)
    logits = keras.layers.Reshape((ACTIONS, ATOMS), name="distributions")(x)
    return keras.Model(inputs, logits, name="value_network")


@task
def recorded_returns(method, seed, arguments, split="test"):
    """As `policies_without_teacher`, of returns instead of actions.

    Networks say how an action's return is distributed, and act by its mean.
    """
    x, actions, value = recorded(seed)
    y = np.stack([actions, value], axis=1).astype("float32")
    shown = actions >= 0
    keras.utils.set_random_seed(seed)
    student = value_network((24,))
    if method is None:
        fit(student, x[shown], y[shown], CategoricalReturns())
    else:
        model = method.build(teacher=None, student=student, **arguments)
        fit(model, x, y, CategoricalReturns())

    def act(x):
        logits = student.predict(x, batch_size=400, verbose=0)
        return np.asarray(action_values(logits)).argmax(-1)

    return mean_return(act, split)
