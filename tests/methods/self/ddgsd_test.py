import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError

SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def build(**arguments):
    arguments.setdefault("teacher", None)
    arguments.setdefault("student", cases.student())
    return methods.get("ddgsd").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def test_is_the_papers_equation():
    distiller = build(
        temperature=2.0, weight=0.3, feature_weight=0.5, task_weight=0.7
    )
    z1 = np.array([[2.0, 0.0], [0.0, 1.0]])
    z2 = np.array([[0.0, np.log(3.0)], [1.0, 0.0]])
    f1 = np.array([[1.0, 0.0], [3.0, 2.0]])
    f2 = np.array([[0.0, 0.0], [2.0, 4.0]])
    taps = {"logits": z1, "logits_2": z2, "embedding": f1, "embedding_2": f2}
    taps = {name: value.astype("float32") for name, value in taps.items()}
    labels = np.array([1, 0])
    # Means of features (2, 1) and (1, 2): 1 + 1 = 2, in each direction.
    p, q = softmax(z1 / 2), softmax(z2 / 2)
    ce = np.mean(-np.log(softmax(z2)[np.arange(2), labels]))
    kl = np.mean(np.sum(p * np.log(p / q) + q * np.log(q / p), axis=1))
    expected = 0.7 * ce + 0.3 * 4 * kl + 2 * 0.5 * 2
    found = sum(
        float(loss.weight(0)) * np.mean(loss(taps, taps, labels=labels))
        for loss in distiller.distillation_losses
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    # The first view's task is the compiled loss.
    assert float(distiller.student_loss_weight(0)) == pytest.approx(0.7)


def test_views_that_do_not_differ_agree():
    keras.utils.set_random_seed(0)
    distiller = build(view=keras.layers.Identity())
    distiller.compile("sgd", SPARSE)
    logs = distiller.train_on_batch(*cases.images(8), return_dict=True)
    for part in ("posterior", "posterior_2", "feature_mmd", "feature_mmd_2"):
        assert logs[part] == pytest.approx(0.0, abs=1e-6)
    assert logs["task_2"] == pytest.approx(logs["task_loss"], rel=1e-5)


def test_views_of_images_differ():
    keras.utils.set_random_seed(0)
    distiller = build(pixels=2)
    distiller.compile("sgd", SPARSE)
    logs = distiller.train_on_batch(*cases.images(8), return_dict=True)
    assert logs["posterior"] > 1e-6
    assert logs["task_2"] != logs["task_loss"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": 1}, "needs no teacher"),
        ({"feature_tap": "embeding"}, "no tap"),
        ({"pixels": -1}, "pixels must be a whole number"),
        ({"temperature": 0.0}, "temperature must be a finite number >"),
        ({"feature_weight": -1.0}, "weight must be a finite number >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
