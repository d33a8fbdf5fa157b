import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import AttentiveMatch

Y = np.float32([[0, 0], [1, 1], [2, 0]])
# Mean squared errors of the teacher: 0.5, 2 and 4.5.
T = np.float32([[1, 0], [1, 3], [5, 0]])


def match(width=2, answers=2, **arguments):
    loss = AttentiveMatch(**arguments)
    spec = keras.KerasTensor((None, answers))
    own = keras.KerasTensor((None, width))
    loss.setup({"outputs": spec, "hint": spec}, {"outputs": own})
    return loss


def adapted(**arguments):
    loss = match(**arguments)
    loss.adapt({"outputs": T}, Y)
    return loss


def test_confidence_falls_with_the_teachers_error():
    # Errors over 4.5 - 0.5: 1 - 0.125, 1 - 0.5, and 1 - 1.125 < 0.
    found = adapted().confidence(T, Y)
    np.testing.assert_allclose(found, [0.875, 0.5, 0.0], rtol=1e-6)


def test_distances_are_weighted_by_confidence():
    s = np.float32([[1, 2], [3, 3], [0, 0]])
    # (0 + 4) / 2 and (4 + 0) / 2, times the confidences.
    found = adapted()({"outputs": T}, {"outputs": s}, labels=Y)
    np.testing.assert_allclose(found, [1.75, 1.0, 0.0], rtol=1e-6)


def test_hidden_layers_have_the_confidence_of_the_answer():
    loss = adapted(teacher_tap="hint", width=3)
    kernel, bias = (np.array(w) for w in loss.adaptation.weights)
    random = np.random.default_rng(0)
    hint = random.normal(size=(3, 2)).astype("float32")
    s = random.normal(size=(3, 3)).astype("float32")
    expected = np.mean((hint - s @ kernel - bias) ** 2, axis=1)
    taps = {"outputs": T, "hint": hint}
    found = loss(taps, {"outputs": s}, labels=Y)
    np.testing.assert_allclose(found, expected * [0.875, 0.5, 0], rtol=1e-5)


def test_a_teacher_that_errs_alike_everywhere_is_trusted():
    loss = match()
    loss.adapt({"outputs": Y + 1}, Y)
    np.testing.assert_array_equal(loss.confidence(T, Y), [1, 1, 1])


def test_gradient():
    loss = match(dtype="float64")
    loss.adapt({"outputs": T}, Y)
    t, y = T.astype("float64"), Y.astype("float64")
    s = np.random.default_rng(0).normal(size=(3, 2))
    assert_gradient(lambda x: loss({"outputs": t}, {"outputs": x}, labels=y), s)


def test_is_finite_at_extremes_and_zero_where_both_agree():
    loss = match()
    for scale in (0.0, 1e-30, 1e8):
        loss.adapt({"outputs": scale * T}, Y)
        t, s = scale * T, -scale * T
        found = loss({"outputs": t}, {"outputs": s}, labels=Y)
        assert np.all(np.isfinite(found))
        found = loss({"outputs": t}, {"outputs": t}, labels=Y)
        np.testing.assert_array_equal(found, [0, 0, 0])


def test_one_number_an_example_may_come_without_an_axis():
    loss = match(width=1, answers=1)
    y = np.float32([0, 2])
    loss.adapt({"outputs": np.float32([[0], [4]])}, y)
    found = loss.confidence(np.float32([[1], [2]]), y)
    np.testing.assert_allclose(found, [0.75, 1.0], rtol=1e-6)


def test_round_trip():
    loss = match(teacher_tap="hint")
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()
    assert copy.teacher_taps == ("hint", "outputs")


def test_needs_labels_of_the_answers_shape():
    for labels in (None, np.zeros((3,)), np.zeros((3, 4))):
        with pytest.raises(InputError, match="compares the teacher's answers"):
            match().adapt({"outputs": T}, labels)
        with pytest.raises(InputError, match="compares the teacher's answers"):
            match()({"outputs": T}, {"outputs": T}, labels=labels)


def test_taps_have_one_rank():
    loss = AttentiveMatch()
    with pytest.raises(InputError, match="keeps the rank"):
        loss.setup(
            {"outputs": keras.KerasTensor((None, 2))},
            {"outputs": keras.KerasTensor((None, 4, 4, 2))},
        )
