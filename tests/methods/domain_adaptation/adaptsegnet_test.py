import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import segmentation


def network():
    return segmentation.model(
        input_shape=(8, 8, 1), num_classes=3, filters=(2, 3)
    )


def build(**arguments):
    arguments = {"student": network(), "critic_filters": (2,), **arguments}
    return methods.get("adaptsegnet").build(**{"teacher": None, **arguments})


def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def softplus(x):
    return np.log1p(np.exp(x))


def test_total_is_the_papers_equation():
    random = np.random.default_rng(0)
    z, low = random.normal(size=(2, 4, 8, 8, 3))
    y = random.integers(0, 3, (4, 8, 8))
    y[2:] = -1
    taps = {"logits": np.float32(z), "low_logits": np.float32(low)}
    task, *games = build(weight=2.0, low_weight=3.0).distillation_losses
    picked = np.take_along_axis(softmax(low[:2]), y[:2, ..., None], -1)
    # The mean over all four images: half of that over the source.
    expected = 0.1 * -np.log(picked).mean() / 2
    for game, tap in zip(games, ("logits", "low_logits")):
        scores = np.asarray(game.critic(taps[tap]), "float64")
        source, target = scores[:2], scores[2:]
        expected += {"logits": 2, "low_logits": 3}[tap] * (
            softplus(-target).mean()
            + 0.5 * (softplus(-source).mean() + softplus(target).mean())
        )
    found = sum(
        float(loss.weight(0)) * np.mean(loss({}, taps, labels=y))
        for loss in (task, *games)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_second_classifier_is_there_in_training_only():
    student = network()
    model = build(student=student)
    x = np.ones((1, 8, 8, 1), "float32")
    assert model.network(x)["low_logits"].shape == (1, 8, 8, 3)
    assert model(x).shape == (1, 8, 8, 3)
    assert len(model.network.weights) == len(student.weights) + 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": network()}, "needs no teacher"),
        ({"student": cases.student()}, "dense logits"),
        ({"feature_tap": "no_such"}, "no_such"),
        ({"kind": "wgan"}, "kind of domain game"),
        ({"weight": -1.0}, "weight must be"),
        ({"low_weight": -1.0}, "weight must be"),
        ({"low_task_weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)


def test_a_map_that_does_not_fit_the_logits_is_our_error():
    import keras

    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(2, 4, name="stage1")(inputs)
    up = keras.layers.Resizing(8, 8)(x)
    logits = keras.layers.Conv2D(3, 1, name="logits")(up)
    with pytest.raises(InputError, match="width divide those"):
        build(student=keras.Model(inputs, logits))
