import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance import cases
from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import ShapeEnergy
from tfkd.models import shape_dictionary

RANDOM = np.random.default_rng(0)
TURN = np.linalg.qr(RANDOM.normal(size=(3, 3)))[0]


def built(shapes=2, points=4, **arguments):
    keras.utils.set_random_seed(0)
    model = shape_dictionary.build(points=points, shapes=shapes)
    loss = ShapeEnergy(student_tap="s", **arguments)
    loss.attach(model, None)
    loss.setup(
        {"rotation": keras.KerasTensor((None, 3, 3))},
        {"s": keras.KerasTensor((None, points, 3))},
    )
    return loss, shape_dictionary.shapes_of(model).astype("float64")


def values(loss, x, dtype="float32"):
    turns = np.stack([TURN] * len(x)).astype(dtype)
    return loss({"rotation": tf.constant(turns)}, {"s": x})


def test_is_the_least_cost_of_all_codes():
    loss, shapes = built(ridge=0.1)
    x = RANDOM.normal(size=(3, 4, 3))
    centred = (x - x.mean(axis=1, keepdims=True)) @ TURN.T
    y = centred.reshape(3, 12)
    # Least squares with rows sqrt(12 * 0.1) I that pull the code to 0.
    rows = np.concatenate([shapes.T, np.sqrt(1.2) * np.eye(2)])
    expected = []
    for one in y:
        target = np.concatenate([one, np.zeros(2)])
        _, error, _, _ = np.linalg.lstsq(rows, target, rcond=None)
        expected.append(error[0] / 12)
    found = values(loss, x.astype("float32"))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_what_the_dictionary_can_make_costs_next_to_nothing():
    loss, shapes = built(ridge=1e-6)
    figures = (RANDOM.normal(size=(2, 2)) @ shapes).reshape(2, 4, 3)
    figures -= figures.mean(axis=1, keepdims=True)
    # Turned away, and moved: neither counts. The shapes' own means do.
    seen = figures @ TURN + 3.0
    other = RANDOM.normal(size=(2, 4, 3))
    small, large = (
        np.asarray(values(loss, x.astype("float32"))) for x in (seen, other)
    )
    assert np.all(small < 0.2 * large)


def test_gradient():
    loss, _ = built()
    double = ShapeEnergy(student_tap="s", dtype="float64")
    double._shapes = loss._shapes
    x = RANDOM.normal(size=(2, 4, 3))
    assert_gradient(lambda s: values(double, s, "float64"), x)


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e4])
def test_extremes_are_finite(scale):
    loss, _ = built()
    x = tf.constant(scale * RANDOM.normal(size=(2, 4, 3)), "float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = values(loss, x)
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(tape.gradient(value, x)))


def test_round_trip():
    loss, _ = built(ridge=0.5)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="ridge of shape_energy"):
        built(ridge=0.0)
    with pytest.raises(InputError, match="is read from a model"):
        ShapeEnergy(student_tap="s").attach(cases.student(), None)
    loss = ShapeEnergy(student_tap="s")
    loss.attach(shape_dictionary.build(points=4), None)
    with pytest.raises(InputError, match="needs points"):
        loss.setup(
            {"rotation": keras.KerasTensor((None, 3, 3))},
            {"s": keras.KerasTensor((None, 5, 3))},
        )
