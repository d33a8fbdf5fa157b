import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import dense
from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import AlignedViews
from tfkd.losses import PairRanking

RANDOM = np.random.default_rng(0)
OWN, THEIRS = RANDOM.normal(size=(2, 4, 6))
LOGITS = RANDOM.normal(size=(4, 3))


def built(student=None, classes=3, **arguments):
    student = student or dense((6,), classes=3)
    loss = AlignedViews(**{"student_tap": "stage1", **arguments})
    loss.attach(None, student)
    loss.setup(
        {
            "view": keras.KerasTensor((None, 6)),
            "logits": keras.KerasTensor((None, classes)),
        },
        {"stage1": keras.KerasTensor((None, 6))},
    )
    return loss


def values(loss, theirs=THEIRS, own=OWN):
    return loss({"view": theirs, "logits": LOGITS}, {"stage1": own})


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def test_the_partner_is_judged_by_the_students_classifier():
    student = dense((6,), classes=3)
    loss = built(student, ranking=2.0, temperature=2.0, margin=0.3)
    kernel, bias = student.get_layer("logits").get_weights()
    q, p = softmax(LOGITS / 2), softmax((THEIRS @ kernel + bias) / 2)
    kl = 4 * np.sum(q * np.log(q / p), axis=-1)
    s, t = (
        x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (OWN, THEIRS)
    )
    cosines = s @ t.T
    hinge = np.zeros(4)
    for i in range(4):
        for c in (cosines, cosines.T):
            others = np.delete(c[i], i)
            hinge[i] += np.mean(np.maximum(0.3 - c[i, i] + others, 0)) / 2
    np.testing.assert_allclose(values(loss), kl + 2 * hinge, rtol=1e-5)


def second_network(width=6):
    inputs = keras.Input((5,))
    return keras.Model(inputs, keras.layers.Dense(width)(inputs))


def built_of_three(width=6, **arguments):
    student, second = dense((6,), classes=3), second_network(width)
    loss = AlignedViews(
        student_tap="stage1",
        second=second,
        second_taps=("x", "view2", "logits2"),
        **arguments,
    )
    loss.attach(None, student)
    widths = {"view": 6, "logits": 3, "x": 5, "view2": 6, "logits2": 3}
    loss.setup(
        {n: keras.KerasTensor((None, w)) for n, w in widths.items()},
        {"stage1": keras.KerasTensor((None, 6))},
    )
    return student, second, loss


def test_a_second_modality_is_aligned_with_further_images():
    student, second, loss = built_of_three(ranking=2.0, margin=0.3)
    x = RANDOM.normal(size=(4, 5)).astype("float32")
    view, logits = OWN[::-1], LOGITS[::-1]
    found = loss(
        {
            "view": THEIRS,
            "logits": LOGITS,
            "x": x,
            "view2": view,
            "logits2": logits,
        },
        {"stage1": OWN},
    )
    # The first pair, the second as if it were one, and its own divergence.
    alone = AlignedViews(student_tap="stage1", ranking=2.0, margin=0.3)
    alone.attach(None, student)
    q = np.asarray(second(x))
    pairs = ((THEIRS, LOGITS, OWN), (view, logits, q))
    expected = sum(
        np.asarray(alone({"view": t, "logits": z}, {"stage1": s}))
        for t, z, s in pairs
    )
    kernel, bias = student.get_layer("logits").get_weights()
    target, answer = softmax(logits), softmax(q @ kernel + bias)
    expected += np.sum(target * np.log(target / answer), axis=-1)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert {id(v) for v in loss.trainable_variables} == {
        id(v) for v in second.trainable_variables
    }


def test_the_shared_classifier_is_the_students_own():
    loss = built()
    assert loss.trainable_variables == []


@pytest.mark.parametrize("scale", [0.0, 1e-20, 1e4])
def test_extremes_are_finite(scale):
    assert np.all(np.isfinite(values(built(), scale * THEIRS, scale * OWN)))


def test_gradients_agree_with_finite_differences():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        student = dense((6,), classes=3)
    finally:
        keras.config.set_dtype_policy(policy)
    loss = built(student, dtype="float64", margin=3.0)
    assert_gradient(lambda own: values(loss, own=own), OWN)
    assert_gradient(lambda theirs: values(loss, theirs=theirs), THEIRS)


def test_a_round_trip_keeps_the_arguments():
    loss = AlignedViews(ranking=2.0, margin=0.1, temperature=3.0)
    again = AlignedViews.from_config(loss.get_config())
    assert isinstance(again, PairRanking)
    assert again.get_config() == loss.get_config()
    loss = built_of_three()[2]
    again = AlignedViews.from_config(loss.get_config())
    assert again.second_taps == loss.second_taps
    assert again.second.count_params() == loss.second.count_params()


def test_rejects_arguments():
    with pytest.raises(InputError, match="ranking must be"):
        AlignedViews(ranking=-1.0)
    with pytest.raises(InputError, match="must map the embedding"):
        built(classes=4)
    with pytest.raises(InputError, match="must map the embedding"):
        built(dense((5,), classes=3))
    with pytest.raises(InputError, match="names of three taps"):
        AlignedViews(second=second_network())
    with pytest.raises(InputError, match="share one classifier"):
        built_of_three(width=4)
