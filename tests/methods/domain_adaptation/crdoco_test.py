import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)
Y = np.array([0, 3, 1, -1, -1, -1])


def build(**arguments):
    arguments = {
        "teacher": cases.student(),
        "student": cases.student(),
        "value_range": (0.0, 16.0),
        "translator_epochs": 1,
        "filters": (2,),
        "critic_filters": (3,),
        **arguments,
    }
    return methods.get("crdoco").build(**arguments)


def log_softmax(z):
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def softplus(x):
    return np.log1p(np.exp(x))


def test_total_is_the_equation():
    target, source = RANDOM.normal(size=(2, 6, 4))
    taps = {"logits": np.float32(target), "source_logits": np.float32(source)}
    model = build(weight=2.0, game_weight=3.0, source_task_weight=5.0)
    log_t, log_s = log_softmax(target), log_softmax(source)
    expected = 5 * -log_s[np.arange(3), Y[:3]].sum() / 6
    both = np.exp(log_t) * (log_t - log_s) + np.exp(log_s) * (log_s - log_t)
    expected += 2 * both.sum(axis=1).mean()
    game = model.distillation_losses[-1]
    scores = np.asarray(game.critic(taps["logits"]), "float64")
    expected += 3 * (
        softplus(-scores[3:]).mean()
        + 0.5 * (softplus(-scores[:3]).mean() + softplus(scores[3:]).mean())
    )
    found = sum(
        float(loss.weight(0)) * np.mean(loss({}, taps, labels=Y))
        for loss in model.distillation_losses
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_second_network_starts_as_the_teacher_which_stays():
    teacher = cases.student()
    model = build(teacher=teacher)
    before = teacher.get_weights()
    x, _ = cases.images(6)
    found = model.network({"target": x, "source": x})
    np.testing.assert_allclose(
        found["source_logits"], teacher(x), rtol=1e-4, atol=1e-5
    )
    model.compile("adam", cases.Case().loss, run_eagerly=True)
    model.fit(x, Y, batch_size=6, verbose=0)
    for old, new in zip(before, teacher.get_weights()):
        np.testing.assert_array_equal(old, new)
    moved = model.network({"target": x, "source": x})["source_logits"]
    assert not np.allclose(moved, found["source_logits"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": cases.cnn((2, 3, 4), classes=3)}, "of the source domain"),
        ({"kind": "wgan"}, "kind of domain game"),
        ({"translator_epochs": 0}, "translator_epochs must be"),
        ({"translator_learning_rate": 1.0}, "translator_learning_rate"),
        ({"cycle_weight": -1.0}, "finite numbers >= 0"),
        ({"weight": -1.0}, "weight must be"),
        ({"game_weight": -1.0}, "weight must be"),
        ({"source_task_weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
