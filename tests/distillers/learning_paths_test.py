import keras
import numpy as np
import pytest

from tests.conformance import harness
from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import dense
from tfkd.distillers import LearningPaths
from tfkd.distillers import load
from tfkd.errors import InputError

X = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
Y = np.arange(6) % 4


def line(theta=2.0):
    """One weight, z = theta x."""
    inputs = keras.Input((1,))
    layer = keras.layers.Dense(
        1,
        use_bias=False,
        kernel_initializer=keras.initializers.Constant(theta),
    )
    return keras.Model(inputs, layer(inputs))


def moved(x, **arguments):
    """How far SGD of rate 1 moves theta = 2 for f = mean (theta x)^2."""
    model = LearningPaths(
        student=line(),
        **{"inner_steps": 2, "inner_learning_rate": 0.1, **arguments},
    )
    model.compile(keras.optimizers.SGD(1.0), "mean_squared_error")
    x = np.array(x)[:, None]
    model.fit(x, 0 * x, batch_size=len(x), shuffle=False, verbose=0)
    return 2.0 - float(np.squeeze(model.student.get_weights()[0]))


def test_moves_along_the_path_by_its_equation():
    # x = 1: f = theta^2; f_0 = 4, slope 4, theta_1 = 1.6, f_1 = 2.56.
    # back = 0.4, d = -1.44: (0.4 + 1.44 * 4) / 1 = 6.16 as energy.
    np.testing.assert_allclose(
        moved([1.0, 1.0], distance="energy"), 6.16, rtol=1e-5
    )
    # As length it is divided by sqrt(0.4^2 + 1.44^2) = 1.494523.
    np.testing.assert_allclose(
        moved([1.0, 1.0]), 6.16 / np.sqrt(0.4**2 + 1.44**2), rtol=1e-5
    )


def test_every_further_part_adds_a_step():
    # theta_2 = 1.6 - 0.32 = 1.28, f_2 = 1.6384: back = 0.32, d = -0.9216.
    first = 0.4 + 1.44 * 4.0
    second = 0.32 + 0.9216 * 3.2
    found = moved([1.0] * 3, inner_steps=3, distance="energy")
    np.testing.assert_allclose(found, first + second, rtol=1e-5)


def test_a_step_up_counts_as_one_down_where_that_is_wanted():
    # The second part has x = 2: f_1 = (1.6 * 2)^2 = 10.24, d = 6.24.
    task = [1.0, 2.0]
    stable = moved(task, distance="energy")
    np.testing.assert_allclose(stable, 0.4 + 6.24 * 4.0, rtol=1e-5)
    free = moved(task, distance="energy", stabilize=False)
    np.testing.assert_allclose(free, 0.4 - 6.24 * 4.0, rtol=1e-5)


def build(student=None, **arguments):
    model = LearningPaths(
        student=student or dense(),
        **{"inner_steps": 3, "inner_learning_rate": 0.1, **arguments},
    )
    model.compile(keras.optimizers.Adam(1e-2), SPARSE, metrics=["accuracy"])
    return model


def test_the_compiled_optimizer_alone_moves_the_student():
    model = build()
    model.optimizer.learning_rate = 0.0
    before = model.student.get_weights()
    history = model.fit(X, Y, batch_size=6, verbose=0).history
    assert set(history) == {"loss", "accuracy"}
    for first, second in zip(before, model.student.get_weights()):
        np.testing.assert_array_equal(first, second)


def test_the_student_runs_once_for_each_part():
    model = build()
    model.run_eagerly = True
    with harness.counted_calls(model.student) as calls:
        logs = model.fit(X, Y, batch_size=6, verbose=0).history
    assert len(calls) == 3
    assert 0 <= logs["accuracy"][0] <= 1


def test_unlabelled_examples_count_nothing():
    known = np.tile([True, False], 3)
    weights = []
    for x in (X, np.where(known[:, None], X, 5.0)):
        model = build(dense(seed=1))
        y = np.where(known, Y, -1)
        model.fit(x, y, batch_size=6, shuffle=False, verbose=0)
        weights.append(model.student.get_weights()[0])
    np.testing.assert_allclose(*weights, rtol=1e-5)


def test_goes_on_after_loading_as_if_nothing_happened(tmp_path):
    model = build()
    model.fit(X, Y, batch_size=6, verbose=0)
    model.save(tmp_path / "paths.keras")
    loaded = load(tmp_path / "paths.keras")
    losses = [
        each.fit(X, Y, batch_size=6, shuffle=False, verbose=0).history["loss"]
        for each in (model, loaded)
    ]
    np.testing.assert_allclose(*losses, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"inner_steps": 1}, "A path has two ends"),
        ({"inner_learning_rate": -1.0}, "inner_learning_rate must be"),
        ({"distance": "none"}, "distance must be one of"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)


def test_a_batch_that_cannot_be_cut_is_our_error():
    with pytest.raises(InputError, match="multiple of inner_steps=3"):
        build().fit(X, Y, batch_size=4)
