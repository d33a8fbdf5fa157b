import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    arguments = {"teacher": None, "student": cases.student(), **arguments}
    return methods.get("okddip").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def kl(p, q):
    return np.mean(np.sum(p * np.log(p / q), axis=-1))


def test_total_is_the_papers_equation():
    # Two peers, T = 2, a = 3, b = 2 after the ramp.
    random = np.random.default_rng(0)
    z = {n: random.normal(size=(4, 4)) for n in ("peer1", "peer2", "logits")}
    # Mixtures of both, as an attention of 1/4 and of 1/2 makes them.
    z["target_peer1"] = z["peer1"] / 4 + 3 * z["peer2"] / 4
    z["target_peer2"] = (z["peer1"] + z["peer2"]) / 2
    z["group"] = z["target_peer2"]
    labels = np.array([0, 1, 3, 2])
    cross = sum(
        -np.log(softmax(z[n])[np.arange(4), labels]).mean()
        for n in ("peer1", "peer2")
    )
    pairs = {"target_peer1": "peer1", "target_peer2": "peer2"}
    pairs["group"] = "logits"
    divergence = sum(
        4 * kl(softmax(z[target] / 2), softmax(z[own] / 2))
        for target, own in pairs.items()
    )
    distiller = build(
        peers=2, temperature=2.0, weight=2.0, task_weight=3.0, ramp_steps=1
    )
    taps = {name: value.astype("float32") for name, value in z.items()}
    found = sum(
        factor
        * float(loss.weight(1))
        * np.mean(loss({}, taps, labels=labels, step=1))
        for loss, factor in zip(
            distiller.distillation_losses, distiller.distillation_loss_weights
        )
    )
    np.testing.assert_allclose(found, 3 * cross + 2 * divergence, rtol=1e-5)
    assert float(distiller.student_loss_weight(0)) == 3.0


def test_the_attention_is_trained_by_the_divergence_alone():
    distiller = build(task_weight=0.0, ramp_steps=1)
    distiller.compile(keras.optimizers.SGD(1.0))
    attention = distiller.network.get_layer("attention")
    before = np.array(attention.query)
    distiller.fit(cases.images(8)[0], cases.images(8)[1], verbose=0)
    assert not np.array_equal(before, attention.query)


def test_the_leader_follows_the_mean_of_the_peers():
    distiller = build()
    found = distiller.network(cases.images(4)[0])
    mean = np.mean([found[f"peer{n}"] for n in (1, 2, 3)], axis=0)
    np.testing.assert_allclose(found["group"], mean, rtol=1e-5, atol=1e-6)


def test_networks_that_are_given_are_trained_too():
    peers = [cases.student(), cases.student()]
    before = [peer.get_weights()[0] for peer in peers]
    distiller = build(teacher=peers, ramp_steps=1)
    distiller.compile("adam", cases.Case().loss)
    distiller.fit(*cases.images(8), verbose=0)
    for old, peer in zip(before, peers):
        assert not np.array_equal(old, peer.get_weights()[0])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"peers": 1}, "number of branches of okddip"),
        ({"teacher": [cases.student()]}, "number of networks of okddip"),
        (
            {
                "teacher": [cases.student(), cases.student()],
                "trunk_tap": "stage1",
            },
            "trunk_tap of okddip",
        ),
        (
            {"teacher": [cases.student(), cases.teacher()]},
            "features of one width",
        ),
        ({"ramp_steps": 0}, "ramp_steps of okddip"),
        ({"temperature": 0.0}, "temperature must be > 0"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
