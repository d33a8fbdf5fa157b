import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import MemoryContrast

RANDOM = np.random.default_rng(0)
SIZE = 5


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def make(**arguments):
    loss = MemoryContrast(
        teacher_tap="t",
        student_tap="s",
        **{
            "size": SIZE,
            "negatives": 3,
            "units": 4,
            "temperature": 0.5,
            **arguments,
        },
    )
    loss.setup(
        {"t": keras.KerasTensor((None, 6))}, {"s": keras.KerasTensor((None, 2))}
    )
    return loss


def oracle(u, memory, candidates, constant=None):
    """Eqns of the paper, one decision after the other; returns Z, too."""
    scores = np.exp(
        [
            [u[b] @ memory[j] / 0.5 for j in row]
            for b, row in enumerate(candidates)
        ]
    )
    z = SIZE * scores.mean() if constant is None else constant
    h = scores / z / (scores / z + 3 / SIZE)
    return -np.log(h[:, 0]) - np.log(1 - h[:, 1:]).sum(axis=1), z


def test_is_the_sum_of_decisions_and_z_stays():
    loss = make()
    memories = [
        m.numpy().astype("float64")
        for m in (loss.teacher_memory, loss.student_memory)
    ]
    constants = [None, None]
    for candidates in ([[0, 1, 2, 3], [4, 4, 0, 1]], [[2, 0, 0, 1]]):
        count = len(candidates)
        teacher = unit(RANDOM.normal(size=(count, 4)))
        student = unit(RANDOM.normal(size=(count, 4)))
        found = loss.contrast(
            teacher.astype("float32"),
            student.astype("float32"),
            np.array(candidates, "int32"),
        )
        # The student against the teacher's memory, and the other way round.
        for side, (u, memory) in enumerate(zip((student, teacher), memories)):
            expected, constants[side] = oracle(
                u, memory, candidates, constants[side]
            )
            np.testing.assert_allclose(found[side], expected, rtol=1e-5)
    np.testing.assert_allclose(np.exp(loss.log_z), constants, rtol=1e-5)


def test_the_memory_moves_half_way_to_a_batch_and_nothing_else():
    loss = make()
    before = loss.teacher_memory.numpy()
    new = unit(RANDOM.normal(size=(2, 4))).astype("float32")
    loss.remember(new, new, np.array([3, 1], "int32"))
    after = loss.teacher_memory.numpy()
    expected = unit(0.5 * before[[3, 1]] + 0.5 * new)
    np.testing.assert_allclose(after[[3, 1]], expected, rtol=1e-6)
    np.testing.assert_array_equal(after[[0, 2, 4]], before[[0, 2, 4]])


def test_candidates_begin_with_the_example_and_are_within_the_data():
    loss = make(negatives=500)
    index = np.array([4, 0], "int32")
    candidates = loss.candidates(index).numpy()
    np.testing.assert_array_equal(candidates[:, 0], index)
    assert set(candidates[:, 1:].ravel()) == set(range(SIZE))
    assert np.any(candidates != loss.candidates(index).numpy())


@pytest.mark.parametrize("temperature", [0.01, 0.07])
@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e4])
def test_values_and_gradients_are_finite_at_extremes(scale, temperature):
    loss = make(temperature=temperature)
    student = tf.constant(scale * np.ones((1, 2)), "float32")
    for _ in range(2):
        with tf.GradientTape() as tape:
            tape.watch(student)
            value = loss(
                {"t": 1e4 * np.ones((1, 6), "float32")},
                {"s": student},
                index=np.array([2]),
            )
        assert np.all(np.isfinite(value))
        gradients = tape.gradient(value, [student, *loss.trainable_variables])
        assert all(np.all(np.isfinite(g)) for g in gradients)


def test_gradient_agrees_with_finite_differences():
    loss = make(dtype="float64")
    candidates = np.array([[0, 1, 2, 3], [4, 0, 0, 1]], "int32")
    teacher = unit(RANDOM.normal(size=(2, 4)))
    loss.contrast(teacher, teacher, candidates)  # Z is a constant after it.
    assert_gradient(
        lambda s: loss.contrast(teacher, s, candidates)[0],
        RANDOM.normal(size=(2, 4)),
    )


def test_an_index_outside_is_told():
    loss = make()
    taps = {"t": np.ones((1, 6), "float32")}, {"s": np.ones((1, 2), "float32")}
    with pytest.raises(InputError, match="needs the stable number"):
        loss(*taps)
    for wrong in (-1, SIZE):
        with pytest.raises(InputError, match="indices in 0 to 4, received"):
            loss(*taps, index=np.array([wrong]))
        compiled = tf.function(lambda index: loss(*taps, index=index))
        assert np.isnan(compiled(tf.constant([wrong])))
    assert np.isfinite(compiled(tf.constant([0])))


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 1},
        {"negatives": 0},
        {"units": 0},
        {"temperature": 0.0},
        {"momentum": 1.0},
    ],
)
def test_rejects_arguments(wrong):
    with pytest.raises(InputError, match="MemoryContrast needs"):
        make(**wrong)


def test_rejects_a_tap_of_unknown_size():
    loss = MemoryContrast(teacher_tap="t", student_tap="s", size=SIZE)
    tap = keras.KerasTensor((None, None, None, 3))
    with pytest.raises(InputError, match="taps of known size"):
        loss.setup({"t": tap}, {"s": tap})


def test_config_round_trips():
    loss = MemoryContrast.from_config(make(momentum=0.25).get_config())
    assert (loss.size, loss.negatives, loss.momentum) == (SIZE, 3, 0.25)
