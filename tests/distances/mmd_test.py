import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.distances import MMD
from tfkd.distances.mmd import gaussian_variance
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)
# One pair of sets: two samples of the teacher, one of the student.
TEACHER = np.array([[[1.0, 0.0], [0.0, 2.0]]], "float32")
STUDENT = np.array([[[1.0, 1.0]]], "float32")


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        # tt: 1 0 / 0 4; ss: 2; ts: 1, 2.
        ("linear", 5 / 4 + 2 - 2 * 3 / 2),
        ("poly", 17 / 4 + 4 - 2 * 5 / 2),
        # ||t1-s||^2 = 1, ||t2-s||^2 = 2, so sigma^2 = 1.5; ||t1-t2||^2 = 5.
        (
            "gaussian",
            (2 + 2 * np.exp(-5 / 3)) / 4
            + 1
            - (np.exp(-1 / 3) + np.exp(-2 / 3)),
        ),
    ],
)
def test_is_the_written_out_sum(kernel, expected):
    found = MMD(kernel).call(TEACHER, STUDENT)
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_constant_and_degree_enter_the_polynomial():
    # (x . y + 1)^3 on tt: 8 1 / 1 125; ss: 27; ts: 8, 27.
    found = MMD("poly", degree=3, constant=1.0).call(TEACHER, STUDENT)
    np.testing.assert_allclose(found, [135 / 4 + 27 - 35], rtol=1e-6)


@pytest.mark.parametrize("kernel", ["linear", "poly", "gaussian"])
def test_depends_on_sets_not_on_order_or_number(kernel):
    x = RANDOM.normal(size=(2, 3, 4)).astype("float32")
    twice = np.concatenate([x[:, ::-1], x], axis=1)
    np.testing.assert_allclose(MMD(kernel).call(x, twice), 0, atol=1e-5)


@pytest.mark.parametrize("kernel", ["linear", "poly", "gaussian"])
@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e4])
def test_is_finite_at_extremes(kernel, scale):
    x = scale * RANDOM.normal(size=(1, 3, 4)).astype("float32")
    for y in (x, 2 * x):
        assert np.all(np.isfinite(MMD(kernel).call(x, y)))


@pytest.mark.parametrize("kernel", ["linear", "poly"])
def test_gradient_agrees_with_finite_differences(kernel):
    teacher = RANDOM.normal(size=(2, 3, 2))
    student = RANDOM.normal(size=(2, 2, 2))
    distance = MMD(kernel, dtype="float64")
    assert_gradient(lambda s: distance.call(teacher, s), student)


def test_gaussian_gradient_holds_the_width_fixed():
    teacher = RANDOM.normal(size=(1, 3, 2))
    student = RANDOM.normal(size=(1, 2, 2))
    width = np.asarray(gaussian_variance(teacher, student))

    def written_out(s):
        def mean(x, y):
            square = keras.ops.sum((x[0][:, None] - y[0][None]) ** 2, -1)
            return keras.ops.mean(keras.ops.exp(-square / (2 * width[0])))

        t = keras.ops.convert_to_tensor(teacher)
        return mean(t, t) + mean(s, s) - 2 * mean(t, s)

    assert_gradient(written_out, student)
    gradients = []
    for function in (
        written_out,
        lambda s: MMD("gaussian", dtype="float64").call(teacher, s),
    ):
        s = tf.constant(student)
        with tf.GradientTape() as tape:
            tape.watch(s)
            value = tf.reduce_sum(function(s))
        gradients.append(np.asarray(tape.gradient(value, s)))
    np.testing.assert_allclose(*gradients, rtol=1e-8)


def test_config_round_trip():
    distance = MMD("poly", degree=3, constant=0.5)
    config = keras.saving.serialize_keras_object(distance)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == distance.get_config()


@pytest.mark.parametrize(
    "wrong", [{"kernel": "cubic"}, {"degree": 0}, {"degree": 1.5}]
)
def test_rejects_arguments(wrong):
    with pytest.raises(InputError, match="no kernel named|whole number >= 1"):
        MMD(**wrong)


def test_rejects_sets_of_other_features():
    with pytest.raises(InputError, match="as many features"):
        MMD().validate((None, 3, 4), (None, 3, 5))


def test_a_kernel_of_several_widths_is_the_sum_of_them():
    # One sample a set, 1 apart: 2 k(0) - 2 k(1) with widths 1 and 2 is
    # 2 (2 - e^(-1/2) - e^(-1/8)).
    t, s = np.zeros((1, 1, 1), "float32"), np.ones((1, 1, 1), "float32")
    found = MMD("gaussian", widths=(1, 2)).call(t, s)
    expected = 2 * (2 - np.exp(-1 / 2) - np.exp(-1 / 8))
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_widths_of_another_kernel_are_our_error():
    with pytest.raises(InputError, match="widths are numbers > 0"):
        MMD("poly", widths=(1.0,))
