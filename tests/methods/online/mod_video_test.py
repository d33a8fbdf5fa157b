import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)
NAMES = ("logits", "peer1", "peer2", "peer3", "group1", "group2", "mixture")


def mlp():
    return models.build("mlp", input_shape=(5,), num_classes=3, units=(4,))


def build(**arguments):
    arguments = {
        "teacher": None,
        "student": mlp(),
        "groups": 2,
        "members": 2,
        **arguments,
    }
    return methods.get("mod_video").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def test_both_levels_follow_the_equation():
    z = dict(zip(NAMES, RANDOM.normal(size=(7, 4, 3))))
    y = np.array([0, 2, 1, 0])

    def cross(name):
        return -np.mean(np.log(softmax(z[name])[np.arange(4), y]))

    def kl(source, own, temperature):
        q, p = softmax(z[source] / temperature), softmax(z[own] / temperature)
        return np.mean(np.sum(q * np.log(q / p), axis=-1))

    # The student's own cross-entropy is the compiled loss.
    expected = 2 * sum(cross(name) for name in NAMES[1:])
    members = {"group1": NAMES[:2], "group2": NAMES[2:4]}
    expected += 3 * sum(
        kl(group, own, 2.0) for group, part in members.items() for own in part
    )
    expected += 5 * sum(kl("mixture", group, 4.0) for group in members)
    distiller = build(
        temperature=2.0,
        final_temperature=4.0,
        weight=3.0,
        final_weight=5.0,
        task_weight=2.0,
    )
    taps = {name: value.astype("float32") for name, value in z.items()}
    found = sum(
        float(loss.weight(0)) * np.mean(loss(taps, taps, labels=y, step=0))
        for loss in distiller.distillation_losses
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_mixtures_of_networks_are_mixed_again():
    student = mlp()
    distiller = build(student=student)
    x = RANDOM.normal(size=(6, 5)).astype("float32")
    found = {
        name: np.array(value) for name, value in distiller.network(x).items()
    }
    np.testing.assert_allclose(found["logits"], student(x), rtol=1e-5)
    assert not np.allclose(found["peer1"], found["peer2"])
    sources = {
        "group1": NAMES[:2],
        "group2": NAMES[2:4],
        "mixture": ("group1", "group2"),
    }
    for name, part in sources.items():
        gate = distiller.network.get_layer(name)
        kernel, bias = gate.dense.get_weights()
        # Fresh moving statistics: mean 0, variance 1, epsilon 1e-3.
        w = softmax(x / np.sqrt(1.001) @ kernel + bias)
        expected = sum(w[:, [i]] * found[own] for i, own in enumerate(part))
        np.testing.assert_allclose(found[name], expected, 1e-4, 1e-5)


def test_a_mixture_and_its_members_move_towards_each_other():
    loss = next(
        loss
        for loss in build().distillation_losses
        if loss.name == "logits_from_group1"
    )
    z, m = keras.ops.convert_to_tensor(
        RANDOM.normal(size=(2, 1, 3)).astype("float32")
    )
    with tf.GradientTape() as tape:
        tape.watch([z, m])
        value = loss({}, {"logits": z, "group1": m})
    for gradient in tape.gradient(value, [z, m]):
        assert np.max(np.abs(gradient)) > 1e-3


def test_gates_may_read_a_tap():
    distiller = build(gate_tap="embedding")
    gate = distiller.network.get_layer("mixture")
    assert gate.dense.kernel.shape == (4, 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": mlp()}, "needs no teacher"),
        ({"groups": 1}, "groups of mod_video"),
        ({"members": 1}, "members of mod_video"),
        ({"gate_tap": "no_such"}, "no_such"),
        ({"final_temperature": 0.0}, "temperature must be"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
