import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.parity.extremes.tensors import extremes
from tfkd.errors import InputError
from tfkd.losses import MultiHeadGraph
from tfkd.losses.multi_head_graph import Attention
from tfkd.losses.multi_head_graph import Estimator

NAMES = ("front", "back")
SHAPES = {"front": (4, 4, 5), "back": (2, 2, 3)}


def made(**arguments):
    keras.utils.set_random_seed(0)
    loss = MultiHeadGraph(
        **{
            "pairs": tuple(zip(NAMES, NAMES)),
            "estimator_steps": 1,
            "heads": 2,
            **arguments,
        }
    )
    specs = {n: keras.KerasTensor((None, *s)) for n, s in SHAPES.items()}
    loss.setup(specs, specs)
    return loss


def maps(seed, count=4):
    random = np.random.default_rng(seed)
    return {
        n: random.uniform(size=(count, *s)).astype("float32")
        for n, s in SHAPES.items()
    }


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


@pytest.mark.parametrize("reverse", [False, True])
def test_compares_two_graphs_by_the_papers_divergence(reverse):
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 2, 3, 4))
    first, second = (log_softmax(x) for x in ((s, t) if reverse else (t, s)))
    # Summed over heads and neighbours j, one value an example i.
    expected = np.sum(np.exp(first) * (first - second), axis=(0, 2))
    found = made(reverse=reverse).compare(
        t.astype("float32"), s.astype("float32")
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_graph_is_of_inner_products_of_normalized_projections():
    attention = Attention(2)
    attention.build((5, 3))
    random = np.random.default_rng(0)
    back = random.normal(size=(4, 3)).astype("float32")
    front = random.normal(size=(4, 5)).astype("float32")
    found = attention(back, front, training=True)
    sides = []
    for x, (dense, _) in zip((back, front), attention.ends):
        y = x @ dense.kernel.numpy()
        y = (y - y.mean(0)) / np.sqrt(y.var(0) + 1e-3)
        sides.append(y.reshape(4, 2, 4))
    expected = np.einsum("ihd,jhd->hij", *sides)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_the_estimator_mixes_examples_by_the_graph():
    estimator = Estimator(2, seed=0)
    estimator.build((5, 3))
    random = np.random.default_rng(0)
    front = random.normal(size=(4, 5)).astype("float32")
    graph = random.normal(size=(2, 4, 4)).astype("float32")
    weights = np.exp(log_softmax(graph))
    hidden = np.maximum(
        front @ estimator.first[0].kernel.numpy() / np.sqrt(1 + 1e-3), 0
    )
    mixed = np.einsum("hij,jd->ihd", weights, hidden).reshape(4, -1)
    expected = mixed @ estimator.last.kernel.numpy()
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(estimator(front, graph), expected, rtol=1e-4)


def test_half_of_the_heads_are_dropped_in_training():
    estimator = Estimator(2, seed=0)
    estimator.build((5, 3))
    random = np.random.default_rng(0)
    front = random.normal(size=(4, 5)).astype("float32")
    graph = random.normal(size=(2, 4, 4)).astype("float32")
    first, second = (estimator(front, graph, training=True) for _ in range(2))
    assert not np.allclose(first, second)
    alone = Estimator(1, seed=0)
    alone.build((5, 3))
    assert np.all(np.isfinite(alone(front, graph[:1], training=True)))


def test_the_student_moves_only_after_the_estimator():
    loss = made()
    teacher = maps(0)
    student = {n: tf.constant(x) for n, x in maps(1).items()}
    gradients = []
    for step in (0, 1):
        with tf.GradientTape() as tape:
            tape.watch(student)
            values = loss(teacher, student, step=step)
        gradients.append(tape.gradient(values, student["back"]))
    assert np.all(gradients[0] == 0)
    assert np.any(gradients[1] != 0)


def test_the_graph_is_frozen_after_the_estimator():
    loss = made()
    teacher, student = maps(0), maps(1)
    for step in (0, 1):
        loss(teacher, student, step=step)
    before = [np.array(w) for w in loss.frozen[0].weights]
    for copy, live in zip(before, loss.attentions[0].weights):
        assert copy.shape == live.shape
    loss.attentions[0].ends[0][0].kernel.assign_add(np.ones_like(before[0]))
    loss(teacher, student, step=2)
    for copy, now in zip(before, loss.frozen[0].weights):
        np.testing.assert_array_equal(copy, now)


def test_config_round_trip():
    loss = made(count=2, reverse=True)
    copy = MultiHeadGraph.from_config(loss.get_config())
    assert copy.get_config() == loss.get_config()
    assert (copy.count, copy.reverse) == (2, True)


def test_equal_maps_have_equal_graphs():
    x = maps(0)
    np.testing.assert_allclose(made()(x, x, step=1), 0.0, atol=1e-6)


@pytest.mark.parametrize("extreme", extremes((4, 2, 2, 5)))
@pytest.mark.parametrize("step", [0, 1])
def test_is_finite_at_the_ends_of_float32(extreme, step):
    teacher, student = extremes((4, 2, 2, 5))[extreme]
    loss = made()
    names = {"front": 5, "back": 3}
    tensor = tf.constant(student)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        values = loss(
            {n: teacher[..., :c] for n, c in names.items()},
            {n: tensor[..., :c] for n, c in names.items()},
            step=step,
        )
    assert np.all(np.isfinite(values))
    assert np.all(np.isfinite(tape.gradient(values, tensor)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pairs": (("back", "back"),)}, "at least two layers"),
        ({"heads": 0}, "heads must be a whole number"),
        ({"estimator_steps": -1}, "estimator_steps >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        made(**wrong)
