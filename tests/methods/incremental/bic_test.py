import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.models import heads
from tfkd.models.bias_correction import fit_correction


def network(classes):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=classes,
        filters=(3, 4),
        strides=(1, 2),
    )


def build(**arguments):
    old = network(2)
    return methods.get("bic").build(
        teacher=old, student=heads.grow(old, 1), **arguments
    )


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def test_distills_the_old_classes_alone():
    # q = softmax([2, 0] / 2) = softmax([1, 0]),
    # p = softmax([0, 2] / 2) = softmax([0, 1]), whatever the third logit is:
    # KL = sum q (log q - log p) = (q1 - q2) (1 - 0) = tanh(1/2) = 0.462117
    (loss,) = build().distillation_losses
    for third in (-5.0, 7.0):
        found = loss(
            {"logits": np.float32([[2.0, 0.0]])},
            {"outputs": np.float32([[0.0, 2.0, third]])},
        )
        np.testing.assert_allclose(found, [np.tanh(0.5)], rtol=1e-6)


def test_weighs_by_the_share_of_old_classes():
    distiller = build(old_classes=2)
    (loss,) = distiller.distillation_losses
    np.testing.assert_allclose(float(loss.weight(0)), 2 / 3, rtol=1e-6)
    weight = float(distiller.student_loss_weight(0))
    np.testing.assert_allclose(weight, 1 / 3, rtol=1e-6)


def test_correction_is_the_minimum_of_the_cross_entropy():
    random = np.random.default_rng(0)
    o = random.normal(size=(60, 4))
    o[:, 2:] = 3.0 * o[:, 2:] + 2.0
    y = random.integers(0, 4, 60)

    def loss(alpha, beta):
        q = np.concatenate([o[:, :2], alpha * o[:, 2:] + beta], axis=1)
        return -np.mean(np.log(softmax(q))[np.arange(60), y])

    found = fit_correction(o, y, start=2)
    best = loss(*found)
    assert best < loss(1.0, 0.0)
    step = 1e-3
    for move in ((step, 0), (-step, 0), (0, step), (0, -step)):
        assert loss(found[0] + move[0], found[1] + move[1]) > best


def test_a_ridge_keeps_separable_splits_finite():
    o = np.array([[4.0, -2.0], [0.0, 3.0]])
    found = fit_correction(o, np.array([0, 1]), start=1, ridge=1e-3)
    assert np.all(np.isfinite(found))
    assert np.max(np.abs(found)) < 50


def test_correct_bias_changes_the_student_as_it_says():
    keras.utils.set_random_seed(0)
    distiller = build()
    random = np.random.default_rng(0)
    x = random.uniform(size=(12, 8, 8, 1)).astype("float32")
    y = np.repeat([0, 1, 2], 4)
    before = distiller.student.predict(x, verbose=0)
    weights = [np.array(w) for w in distiller.student.trainable_weights]
    alpha, beta = distiller.correct_bias(x, y)
    after = distiller.student.predict(x, verbose=0)
    np.testing.assert_array_equal(before[:, :2], after[:, :2])
    np.testing.assert_allclose(
        after[:, 2], alpha * before[:, 2] + beta, rtol=1e-5, atol=1e-6
    )
    assert (alpha, beta) != (1.0, 0.0)
    for old, new in zip(weights, distiller.student.trainable_weights):
        np.testing.assert_array_equal(old, new)


def test_the_corrected_student_can_grow_again():
    distiller = build()
    layer = heads.correction(distiller.student)
    layer.alpha.assign(0.5)
    again = heads.grow(distiller.student, 2)
    second = methods.get("bic").build(teacher=distiller.student, student=again)
    x = np.random.default_rng(0).uniform(size=(4, 8, 8, 1)).astype("float32")
    np.testing.assert_allclose(
        second.student.predict(x, verbose=0)[:, :3],
        distiller.student.predict(x, verbose=0),
        rtol=1e-6,
    )
    assert second.distillation_losses[0].teacher_taps == ("outputs",)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"old_classes": 1}, "needs a student that ends in a BiasCorrection"),
        ({"weight": 2.0}, "needs a weight in"),
        ({"ridge": -1.0}, "finite ridge >= 0"),
        ({"temperature": 0.0}, "temperature must be > 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_rejects_a_student_without_correction():
    with pytest.raises(InputError, match="without one"):
        methods.get("bic").build(teacher=network(2), student=network(3))


def test_rejects_labels_of_other_classes():
    x = np.zeros((2, 8, 8, 1), "float32")
    with pytest.raises(InputError, match="classes 0 to 2"):
        build().correct_bias(x, np.array([0, 3]))
