import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import models
from tfkd.distillers.least_squares import LeastSquares
from tfkd.errors import InputError

X = np.random.default_rng(0).uniform(size=(10, 8, 8, 1)).astype("float32")


def network(filters=(3, 4), **arguments):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=2,
        filters=filters,
        strides=(1, 2),
        **arguments,
    )


def solver(student, teacher, **arguments):
    arguments.setdefault("student_layer", "stage2_conv")
    arguments.setdefault("teacher_tap", "stage2_conv")
    model = LeastSquares(student=student, teacher=teacher, **arguments)
    model.compile()
    return model


def features(model, layer="stage2_conv"):
    found = keras.Model(model.input, model.get_layer(layer).output)(X)
    return np.asarray(found, "float64").reshape(-1, found.shape[-1])


@pytest.mark.parametrize("batch_normalization", [True, False])
def test_the_layer_is_the_best_least_squares_fit(batch_normalization):
    keras.utils.set_random_seed(0)
    arguments = {"batch_normalization": batch_normalization}
    student, teacher = network(**arguments), network((5, 4), **arguments)
    a, b = features(student), features(teacher)
    best = np.linalg.lstsq(a, b, rcond=None)[0]
    model = solver(student, teacher)
    history = model.fit(X, batch_size=5, verbose=0)
    np.testing.assert_allclose(features(student), a @ best, atol=1e-5)
    left = np.sum((b - a @ best) ** 2) / np.sum(b**2)
    assert model.residual == pytest.approx(left, rel=1e-4)
    # Keras reports the mean over equal batches.
    missed = np.mean((b - a) ** 2)
    assert history.history["loss"] == [pytest.approx(missed, rel=1e-4)]


def test_a_dead_channel_is_no_trouble():
    student, teacher = network(), network()
    conv = student.get_layer("stage2_conv")
    kernel = np.array(conv.kernel)
    kernel[..., 1] = 0
    kernel[..., 2] = kernel[..., 0]
    conv.kernel.assign(kernel)
    model = solver(student, teacher)
    model.fit(X, verbose=0)
    assert np.all(np.isfinite(conv.kernel))
    assert 0 < model.residual < 1


def test_a_student_that_agrees_stays_as_it_is():
    teacher = network()
    student = keras.models.clone_model(teacher)
    student.set_weights(teacher.get_weights())
    solver(student, teacher).fit(X, verbose=0)
    for mine, theirs in zip(student.get_weights(), teacher.get_weights()):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)


def test_channels_say_which_of_the_teachers_are_meant():
    keras.utils.set_random_seed(0)
    teacher, student = network((3, 6)), network((3, 2))
    kept = [1, 4]
    a, b = features(student), features(teacher)[:, kept]
    solver(student, teacher, channels=kept).fit(X, verbose=0)
    best = np.linalg.lstsq(a, b, rcond=None)[0]
    np.testing.assert_allclose(features(student), a @ best, atol=1e-5)


def test_weights_of_examples_count():
    keras.utils.set_random_seed(0)
    teacher, student = network(), network()
    a, b = features(student), features(teacher)
    weight = np.array([1.0, 0.0] * 5)
    # Keras drops weights of examples that have no label.
    solver(student, teacher).fit(
        X, np.zeros(10), sample_weight=weight, verbose=0
    )
    rows = np.repeat(weight, 16) > 0
    best = np.linalg.lstsq(a[rows], b[rows], rcond=None)[0]
    np.testing.assert_allclose(features(student), a @ best, atol=1e-5)


def test_stored_answers_of_the_teacher_are_used():
    teacher, student = network(), network()
    answers = np.zeros((10, 4, 4, 4), "float32")
    views = {"student": X, "cached": {"stage2_conv": answers}}
    solver(student, teacher).fit(
        tf.data.Dataset.from_tensor_slices(views).batch(4),
        shuffle=False,
        verbose=0,
    )
    np.testing.assert_allclose(features(student), 0.0, atol=1e-6)


def test_what_does_not_fit_is_our_error():
    with pytest.raises(InputError, match="each must be one of the teacher's 6"):
        solver(network((3, 2)), network((3, 6)))
    with pytest.raises(InputError, match="maps of the teacher's size"):
        solver(network(), network(), teacher_tap="stage1_conv")
    with pytest.raises(InputError, match="received \\[0, 9\\]"):
        solver(network((3, 2)), network((3, 6)), channels=[0, 9])
