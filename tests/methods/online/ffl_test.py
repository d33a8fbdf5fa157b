import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    arguments = {"teacher": None, "student": cases.student(), **arguments}
    return methods.get("ffl").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def kl(t, s):
    p, q = softmax(t / 3), softmax(s / 3)
    return 9 * np.mean(np.sum(p * np.log(p / q), axis=-1))


def test_total_is_the_papers_equation():
    random = np.random.default_rng(0)
    z = {n: random.normal(size=(4, 4)) for n in ("logits", "peer1", "fused")}
    labels = np.array([0, 1, 3, 2])
    cross = sum(
        -np.log(softmax(z[n])[np.arange(4), labels]).mean()
        for n in ("peer1", "fused")
    )
    mean = (z["logits"] + z["peer1"]) / 2
    mutual = kl(mean, z["fused"])
    mutual += kl(z["fused"], z["logits"]) + kl(z["fused"], z["peer1"])
    taps = {name: value.astype("float32") for name, value in z.items()}
    distiller = build(weight=2.0, task_weight=3.0, ramp_steps=10)
    for step, ramp in ((0, np.exp(-5.0)), (10, 1.0)):
        found = sum(
            float(loss.weight(step))
            * np.mean(loss(taps, taps, labels=labels, step=step))
            for loss in distiller.distillation_losses
        )
        np.testing.assert_allclose(
            found, 3 * cross + 2 * ramp * mutual, rtol=1e-5
        )


def test_the_fused_classifier_sees_the_maps_of_both():
    network = build().network
    # 8 channels of either, joined; each channel has a 3x3 kernel.
    layer = network.get_layer("fused_each_channel_depthwise")
    assert layer.kernel.shape == (3, 3, 16, 1)
    assert network.output["fused"].shape == (None, cases.CLASSES)


def test_another_kind_of_network_is_trained_too():
    other = cases.teacher()
    before = other.get_weights()[0]
    distiller = build(teacher=other, ramp_steps=1)
    distiller.compile("adam", cases.Case().loss)
    distiller.fit(*cases.images(8), verbose=0)
    assert not np.array_equal(before, other.get_weights()[0])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"peers": 1}, "peers of ffl"),
        ({"teacher": cases.student(), "peers": 3}, "it must be 2"),
        (
            {"teacher": cases.student(), "trunk_tap": "stage1"},
            "trunk_tap of ffl",
        ),
        ({"ramp_steps": 0}, "ramp_steps of ffl"),
        ({"temperature": 0.0}, "temperature"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
