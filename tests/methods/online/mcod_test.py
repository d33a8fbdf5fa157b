import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def build(**arguments):
    arguments = {"teacher": None, "student": cases.student(), **arguments}
    return methods.get("mcod").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def test_every_network_follows_the_mean_prediction_of_all():
    z = np.random.default_rng(0).normal(size=(3, 4, 4))
    p = softmax(z / 2)
    q = p.mean(axis=0)
    taps = dict(zip(("logits", "peer1", "peer2"), z.astype("float32")))
    distiller = build(peers=3, temperature=2.0)
    losses = {loss.name: loss for loss in distiller.distillation_losses}
    for own, name in enumerate(taps):
        expected = 4 * np.sum(q * np.log(q / p[own]), axis=-1)
        found = losses[f"soft_targets_{name}"](taps, taps)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_distillation_pauses_and_its_weight_grows():
    distiller = build(weight=8.0, period_steps=4, on_steps=2, ramp_steps=16)
    weight = distiller.distillation_losses[-1].weight
    # 8 l / 16 in the last two of four steps.
    found = [float(weight(step)) for step in range(8)] + [float(weight(30))]
    assert found == [0, 0, 1, 1.5, 0, 0, 3, 3.5, 8]


def test_networks_of_other_structures_learn_too():
    flat = models.build(
        "mlp", input_shape=cases.SHAPE, num_classes=cases.CLASSES, scale=1 / 16
    )
    before = flat.get_weights()
    distiller = build(
        teacher=[flat, cases.deep_teacher()], period_steps=1, on_steps=1
    )
    distiller.compile(keras.optimizers.Adam(1e-3), cases.Case().loss)
    distiller.fit(*cases.images(8), verbose=0)
    assert not any(map(np.array_equal, before, flat.get_weights()))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"peers": 1}, "peers of mcod"),
        ({"on_steps": 2000}, "at most all steps"),
        ({"ramp_steps": 0}, "ramp_steps of mcod"),
        ({"weight": -1.0}, "weight must be"),
        ({"temperature": 0.0}, "temperature"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
