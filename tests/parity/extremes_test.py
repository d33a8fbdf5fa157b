"""Every part that compares two taps, where float32 comes to its ends.

Logits of 1e4, features of 1e-8, equal tensors and a batch of one give what
the float64 formula gives, or a finite number where the formula needs weights;
never NaN, in value or gradient.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance import cases
from tests.parity.extremes.distances import CANCELLING
from tests.parity.extremes.distances import DISTANCES
from tests.parity.extremes.distances import NO_DISTANCE
from tests.parity.extremes.losses import LOSSES
from tests.parity.extremes.losses import NO_PAIR
from tests.parity.extremes.losses import boxes
from tests.parity.extremes.losses import hard_labels
from tests.parity.extremes.tensors import VECTORS
from tests.parity.extremes.transforms import TRANSFORMS
from tfkd import distances
from tfkd import losses
from tfkd import methods


def run(function, student):
    """Returns a part's values and the gradient of their sum."""
    tensor = tf.constant(student)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        values = function(tensor)
        total = tf.reduce_sum(values)
    gradient = tape.gradient(total, tensor)
    return values.numpy(), 0 if gradient is None else gradient.numpy()


@pytest.mark.parametrize("extreme", VECTORS)
@pytest.mark.parametrize("key", DISTANCES)
def test_a_distance_is_that_of_the_float64_formula(key, extreme):
    distance, formula, tensors = DISTANCES[key]
    teacher, student = tensors[extreme]
    values, gradient = run(lambda s: distance.call(teacher, s), student)
    expected = formula(teacher.astype("float64"), student.astype("float64"))
    assert values.shape == (len(teacher),)
    assert values.dtype == "float32"
    atol = 1e-37
    if key in CANCELLING:
        largest = max(np.max(np.abs(x)) for x in (teacher, student))
        atol = 2e-6 * (float(largest) ** 4 * 16 if key == "mmd_poly" else 1)
    if key in ("softmax_kl", "softmax_mse", "probability_kl"):
        # A divergence of distributions 1e-8 apart is below their rounding.
        atol = 1e-6
    np.testing.assert_allclose(values, expected, rtol=2e-5, atol=atol)
    assert np.all(np.isfinite(gradient))
    if teacher is student and key != "activation_boundary":
        np.testing.assert_allclose(gradient, 0, atol=1e-5)


def taps(*shapes):
    teacher, student = shapes
    return {"t": keras.KerasTensor((None, *teacher))}, {
        "s": keras.KerasTensor((None, *student))
    }


@pytest.mark.parametrize("extreme", VECTORS)
@pytest.mark.parametrize("key", LOSSES)
def test_a_loss_is_that_of_the_formula_or_finite(key, extreme):
    build, formula, tensors = LOSSES[key]
    teacher, student = tensors[extreme]
    loss = build()
    loss.setup(*taps(teacher.shape[1:], student.shape[1:]))
    count = len(teacher)
    label = boxes if key == "FeatureImitation" else hard_labels
    values, gradient = run(
        lambda s: loss(
            {"t": teacher},
            {"s": s},
            labels=label(count),
            index=np.arange(count),
            step=1,
        ),
        student,
    )
    assert values.shape == (count,)
    assert np.all(np.isfinite(values))
    assert np.all(np.isfinite(gradient))
    if formula is not None:
        expected = formula(teacher.astype("float64"), student.astype("float64"))
        np.testing.assert_allclose(values, expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("extreme", VECTORS)
@pytest.mark.parametrize("key", TRANSFORMS)
def test_a_transformed_match_is_finite(key, extreme):
    kind, tensors = TRANSFORMS[key]
    teacher, student = tensors[extreme]
    loss = losses.FeatureMatch(
        teacher_tap="t",
        student_tap="s",
        teacher_transform=kind(),
        student_transform=kind(),
        distance=distances.LpDistance(root=True),
    )
    loss.setup(*taps(teacher.shape[1:], student.shape[1:]))
    values, gradient = run(lambda s: loss({"t": teacher}, {"s": s}), student)
    assert np.all(np.isfinite(values))
    assert np.all(np.isfinite(gradient))
    if teacher is student:
        np.testing.assert_array_equal(values, 0)


def test_every_distance_and_loss_is_covered():
    covered = {type(d).__name__ for d, _, _ in DISTANCES.values()}
    covered = (covered - {"OnProbabilities"}) | {"ProbabilityKL"} | NO_DISTANCE
    assert covered == set(distances.__all__)
    assert {*LOSSES, *NO_PAIR} == set(losses.__all__)
    assert not LOSSES.keys() & NO_PAIR.keys()


@pytest.fixture
def bfloat16():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("key", ["hinton_kd", "fitnet"])
def test_a_step_in_bfloat16_is_finite(key, bfloat16):
    keras.utils.set_random_seed(0)
    model = methods.get(key).build(
        teacher=cases.teacher(), student=cases.student()
    )
    # Eagerly: one step costs less than its compilation.
    model.compile(
        keras.optimizers.Adam(1e-3), cases.Case().loss, run_eagerly=True
    )
    x, y = cases.images(8)
    before = model.student.get_weights()
    logs = model.train_on_batch(x, y, return_dict=True)
    assert model.student.compute_dtype == "bfloat16"
    for name, value in logs.items():
        assert np.isfinite(value), name
    assert not all(map(np.array_equal, before, model.student.get_weights()))
    for weight in model.student.weights:
        assert weight.dtype == "float32"
        assert np.all(np.isfinite(weight))
