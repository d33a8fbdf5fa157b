import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.parity.extremes.tensors import extremes
from tfkd import losses
from tfkd import transforms
from tfkd.errors import InputError

NAMES = ("front", "back")
SHAPES = {"front": (4, 4, 4), "back": (2, 2, 4)}


def made(student=None, **arguments):
    keras.utils.set_random_seed(0)
    loss = losses.SingularVectorFlow(pairs=zip(NAMES, NAMES), **arguments)
    sides = (SHAPES, student or SHAPES)
    loss.setup(
        *(
            {n: keras.KerasTensor((None, *s)) for n, s in shapes.items()}
            for shapes in sides
        )
    )
    return loss


def maps(seed, shapes=SHAPES, count=3):
    random = np.random.default_rng(seed)
    return {
        name: random.uniform(size=(count, *shape)).astype("float32")
        for name, shape in shapes.items()
    }


def flow(front, back):
    return np.exp(-((back[:, None] - front[None]) ** 2) / 8)


def singular(x, count):
    u, s, vt = np.linalg.svd(x.reshape(-1, x.shape[-1]).astype("float64"))
    v = vt[:count].T
    sign = np.where(v.sum(0) >= 0, 1, -1)
    return s[:count], u[:, :count] * sign, v * sign


def written_out(teacher, student, basis, count):
    """The equation for one example, in NumPy."""
    sides = []
    for name in NAMES:
        s, u, v = singular(teacher[name], count)
        if basis == "own":
            _, _, own = singular(student[name], min(count + 3, 4))
            cosine = own.T @ v
            best = np.abs(cosine).argmax(0)
            own = own[:, best] * np.sign(cosine[best, np.arange(count)])
        else:
            own = student[name].reshape(-1, 4).T @ u
            own = own / np.linalg.norm(own, axis=0)
        s = s / np.linalg.norm(s)
        sides.append((v * s, own * s))
    (t0, s0), (t1, s1) = sides
    return np.sum((flow(t0, t1) - flow(s0, s1)) ** 2)


@pytest.mark.parametrize("basis", ["own", "teacher"])
@pytest.mark.parametrize("count", [1, 2])
def test_is_the_papers_equation(basis, count):
    teacher, student = maps(0), maps(1)
    found = made(basis=basis, count=count)(teacher, student)
    expected = [
        written_out(
            {n: x[i] for n, x in teacher.items()},
            {n: x[i] for n, x in student.items()},
            basis,
            count,
        )
        for i in range(3)
    ]
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-6)


def test_the_mean_is_over_channels_and_vectors():
    teacher, student = maps(0), maps(1)
    np.testing.assert_allclose(
        made(count=2)(teacher, student),
        4 * 4 * 2 * made(count=2, reduce="mean")(teacher, student).numpy(),
        rtol=1e-5,
    )


def test_equal_shapes_need_no_regressor():
    assert not made().trainable_variables
    loss = made(student={"front": (8, 8, 3), "back": (2, 2, 4)})
    assert isinstance(loss.regressors[0], transforms.Regressor)
    assert isinstance(loss.regressors[1], transforms.Identity)


@pytest.mark.parametrize("basis", ["own", "teacher"])
@pytest.mark.parametrize("extreme", extremes((4, 2, 2, 4)))
def test_is_finite_at_the_ends_of_float32(extreme, basis):
    teacher, student = extremes((4, 2, 2, 4))[extreme]
    shapes = dict.fromkeys(NAMES, (2, 2, 4))
    loss = losses.SingularVectorFlow(
        pairs=zip(NAMES, NAMES), count=2, basis=basis
    )
    specs = {n: keras.KerasTensor((None, *s)) for n, s in shapes.items()}
    loss.setup(specs, specs)
    tensor = tf.constant(student)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        values = loss(
            dict.fromkeys(NAMES, teacher), dict.fromkeys(NAMES, tensor)
        )
    assert np.all(np.isfinite(values))
    assert np.all(np.isfinite(tape.gradient(values, tensor)))
    if teacher is student:
        np.testing.assert_allclose(values, 0.0, atol=1e-7)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pairs": (("a", "a"),)}, "at least two layers"),
        ({"basis": "their"}, "'teacher'"),
        ({"reduce": "max"}, "'mean'"),
        ({"count": 0}, "whole number >= 1"),
    ],
)
def test_rejects_arguments(wrong, message):
    pairs = (("a", "a"), ("b", "b"))
    with pytest.raises(InputError, match=message):
        losses.SingularVectorFlow(**{"pairs": pairs, **wrong})


def test_a_map_needs_as_many_channels_as_vectors():
    with pytest.raises(InputError, match="at least 5 channels"):
        made(count=5)
