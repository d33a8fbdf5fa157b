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


def test_rejects_arguments():
    with pytest.raises(InputError, match="ranking must be"):
        AlignedViews(ranking=-1.0)
    with pytest.raises(InputError, match="must map the embedding"):
        built(classes=4)
    with pytest.raises(InputError, match="must map the embedding"):
        built(dense((5,), classes=3))
