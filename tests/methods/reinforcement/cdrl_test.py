import keras
import numpy as np
import pytest

from tests.conformance import cases
from tests.distillers.distiller_test import dense
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    keras.utils.set_random_seed(0)
    arguments = {
        "teacher": dense(classes=3),
        "student": dense(classes=2),
        "student_tap": "stage1",
        "units": (5,),
        **arguments,
    }
    return methods.get("cdrl").build(**arguments)


def softmax(x):
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


def kl(p, q):
    return np.sum(p * np.log(p / q), axis=-1)


def test_the_head_follows_aligned_actions_and_these_follow_the_policy():
    (loss,) = build(temperature=2.0).distillation_losses
    random = np.random.default_rng(0)
    t = random.normal(size=(4, 3)).astype("float32")
    z, d = random.normal(size=(2, 4, 2)).astype("float32")
    w, b, v, c = (np.asarray(x, "float64") for x in loss.trainable_variables)
    x = t @ w + b
    aligned = np.where(x > 0, x, np.expm1(x)) @ v + c
    expected = kl(softmax(aligned / 2), softmax(d))
    expected += kl(softmax(aligned), softmax(z))
    found = loss({"logits": t}, {"logits": z, "distilled": d})
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_policy_learns_from_the_task_and_the_body_from_both():
    model = build(task_weight=0.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
    before = {w.path: np.array(w) for w in model.student.weights}
    model.fit(np.ones((8, 5), "float32"), np.zeros(8), verbose=0)
    moved = {
        w.path.split("/")[0]
        for w in model.student.weights
        if not np.array_equal(before[w.path], w)
    }
    assert moved == {"stage1"}


def test_the_student_alone_has_no_further_head():
    model = build()
    assert len(model.student.weights) == 4
    assert len(model.network.weights) == 6
    single = build(own_head=False)
    assert single.network is single.student


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"student_tap": "none"}, "none"),
        ({"temperature": -1.0}, "temperature must be"),
        (
            {"student": cases.student(), "student_tap": "stage1"},
            "head of cdrl reads vectors",
        ),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
