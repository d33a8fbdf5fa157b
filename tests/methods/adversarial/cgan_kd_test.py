import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    parts = {"teacher": cases.teacher(), "student": cases.student()}
    return methods.get("cgan_kd").build(**{**parts, **arguments})


def softplus(x):
    return np.log1p(np.exp(x))


def log_softmax(z):
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


Z_T = np.array([[1.0, 2.0, 0.0, 0.0]], "float32")
Z_S = np.array([[0.0, 0.0, 2.0, -1.0]], "float32")


def test_is_the_equation_by_hand():
    game, logits = build(units=(), class_weight=0.5).distillation_losses
    # The score is the first logit, classes are the logits themselves.
    game.critic.set_weights([np.eye(4)[:, [0, 0, 1, 2, 3]], np.zeros(5)])
    # 1 + 2 + 2 + 1
    found = logits({"logits": Z_T}, {"logits": Z_S})
    np.testing.assert_allclose(found, [6.0], rtol=1e-6)
    # critic: -log sig(1) - log(1 - sig(0)); student: -log sig(0); label 1
    expected = softplus(-1) + 2 * np.log(2)
    expected += 0.5 * -(log_softmax(Z_T) + 2 * log_softmax(Z_S))[0, 1]
    taps = {"logits": Z_T}, {"logits": Z_S}
    found = game(*taps, labels=np.array([1]))
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_without_a_label_the_class_does_not_count():
    game = build().distillation_losses[0]
    taps = {"logits": Z_T}, {"logits": Z_S}
    scores = [np.asarray(game.scores(z))[0] for z in (Z_T, Z_S)]
    expected = softplus(-scores[0]) + softplus(scores[1]) + softplus(-scores[1])
    found = game(*taps, labels=np.array([-1]))
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_a_critic_may_know_no_classes_and_need_no_labels():
    model = build(class_weight=0.0, task_weight=0.0)
    game = model.distillation_losses[0]
    assert game.critic.output_shape == (None, 1)
    model.compile("adam")
    x, _ = cases.images(8)
    history = model.fit(x, verbose=0).history
    assert np.isfinite(history["adversarial"][0])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"class_weight": -1.0}, "class_weight, gradient"),
        ({"kind": "wasserstein"}, "kind of adversarial loss"),
        ({"teacher": cases.cnn((6, 8, 12), classes=7)}, "one shape"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
