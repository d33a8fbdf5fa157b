import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import models
from tfkd.errors import InputError
from tfkd.losses import WeightPrior
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import FrozenTeacher


def network(kernels):
    """Dense layers `stage1` and `logits` of given kernels."""
    inputs = keras.Input((kernels[0].shape[0],))
    x = keras.layers.Dense(kernels[0].shape[1], name="stage1")(inputs)
    outputs = keras.layers.Dense(kernels[1].shape[1], name="logits")(x)
    model = keras.Model(inputs, outputs)
    for layer, kernel in zip(model.layers[1:], kernels):
        layer.kernel.assign(kernel)
    return model


def made(teacher, student, **arguments):
    loss = WeightPrior(**arguments)
    loss.attach(FrozenTeacher(teacher), student)
    loss.setup({}, {"outputs": keras.KerasTensor((None, 2))})
    return loss


# Scaled by the root of inputs: 4 weights of +-2 (one input), of +-3 (four).
TEACHER = [
    np.array([[2.0, -2.0, 2.0, -2.0]]),
    np.tile([1.5, -1.5], (4, 1)),
]


def test_only_weights_beyond_the_tolerance_count():
    # m = 0, s = 2 and 3. Tolerance 1: of 5, 1, -3, 2 the excess is 3, 0, 1,
    # 0 over 2, mean 1/2; the head, -4 and 8 twice over (scaled by 2): excess
    # 1, 5, 1, 5, ... over 3, mean 1. (1/2 + 1) / 2 = 3/4.
    student = network(
        [np.array([[5.0, 1.0, -3.0, 2.0]]), np.tile([-2.0, 4.0], (4, 1))]
    )
    loss = made(network(TEACHER), student, tolerance=1.0)
    np.testing.assert_allclose(loss.means, [0.0, 0.0], atol=1e-7)
    np.testing.assert_allclose(loss.deviations, [2.0, 3.0], rtol=1e-6)
    found = loss({}, {"outputs": np.zeros((3, 2), "float32")})
    np.testing.assert_allclose(found, [0.75] * 3, rtol=1e-6)


def test_likely_weights_have_no_gradient():
    student = network(
        [np.array([[5.0, 1.0, -3.0, 1.5]]), np.tile([1.0, -1.0], (4, 1))]
    )
    loss = made(network(TEACHER), student, tolerance=1.0)
    kernels = [layer.kernel.value for layer in student.layers[1:]]
    with tf.GradientTape() as tape:
        value = loss.penalty()
    first, head = tape.gradient(value, kernels)
    # 1 / (groups * weights * s) = 1 / 16, away from the mean.
    np.testing.assert_allclose(first, [[1 / 16, 0, -1 / 16, 0]], rtol=1e-6)
    np.testing.assert_array_equal(head, np.zeros((4, 2)))


def test_a_wide_teacher_allows_what_a_narrow_one_does():
    random = np.random.default_rng(0)

    def gaussian(width):
        return network(
            [
                random.normal(size=(9, width)) / 3,
                random.normal(size=(width, 2)) / np.sqrt(width),
            ]
        )

    narrow = gaussian(8)
    found = [
        float(made(gaussian(width), narrow).penalty()) for width in (8, 512)
    ]
    np.testing.assert_allclose(found[0], found[1], atol=0.05)


def test_groups_of_a_deeper_teacher_are_joined():
    def cnn(filters):
        return models.build(
            "cnn",
            input_shape=(8, 8, 1),
            num_classes=3,
            filters=filters,
            strides=(1,) * len(filters),
        )

    loss = made(cnn((4, 4, 4, 4)), cnn((4, 4)))
    assert loss.means.shape == (3,)


def test_equal_weights_are_no_division_by_zero():
    same = network([np.ones((1, 4)), np.ones((4, 2))])
    assert float(made(same, same).penalty()) == 0
    other = network([2 * np.ones((1, 4)), np.ones((4, 2))])
    assert np.isfinite(float(made(same, other).penalty()))


def test_config_round_trip():
    config = keras.saving.serialize_keras_object(WeightPrior(tolerance=3.0))
    assert keras.saving.deserialize_keras_object(config).tolerance == 3.0


def test_what_does_not_fit_is_our_error():
    student = network(TEACHER)
    with pytest.raises(InputError, match="tolerance must be"):
        WeightPrior(tolerance=-1.0)
    ensemble = EnsembleTeacher([network(TEACHER)])
    with pytest.raises(InputError, match="teacher of one model"):
        WeightPrior().attach(ensemble, student)
