import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    parts = {"teacher": None, "student": cases.student()}
    arguments = {"critic_filters": (4,), **arguments}
    return methods.get("afd_online").build(**{**parts, **arguments})


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def losses(model):
    return {loss.name: loss for loss in model.distillation_losses}


def test_two_peers_are_the_equations_written_out():
    parts = losses(build(temperature=2.0))
    assert list(parts) == [
        "task_peer1",
        "logits_from_peer1",
        "game_logits",
        "peer1_from_logits",
        "game_peer1",
    ]
    random = np.random.default_rng(0)
    z = random.normal(size=(2, 3, 4)).astype("float32")
    f = random.normal(size=(2, 3, 2, 2, 8)).astype("float32")
    taps = {"logits": z[0], "peer1": z[1], "stage3": f[0], "map1": f[1]}
    q, p = softmax(z[1] / 2), softmax(z[0] / 2)
    found = parts["logits_from_peer1"](taps, taps)
    expected = 4 * np.sum(q * np.log(q / p), axis=-1)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    for name, own, other in (("game_logits", 0, 1), ("game_peer1", 1, 0)):
        game = parts[name]
        real, fake = (np.asarray(game.critic(f[i]))[:, 0] for i in (other, own))
        # [1 - D(own)]^2 of the peer, half of both of the critic.
        expected = (1 - fake) ** 2 + ((1 - real) ** 2 + fake**2) / 2
        found = game(taps, taps)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_three_peers_teach_in_a_ring():
    parts = losses(build(peers=3))
    pairs = {
        (loss.teacher_taps[0], loss.student_taps[0])
        for name, loss in parts.items()
        if "_from_" in name
    }
    ring = {("peer2", "logits"), ("logits", "peer1"), ("peer1", "peer2")}
    assert pairs == ring
    games = {
        (loss.teacher_taps[0], loss.student_taps[0])
        for name, loss in parts.items()
        if name.startswith("game")
    }
    assert games == {("map2", "stage3"), ("stage3", "map1"), ("map1", "map2")}


def test_a_peer_of_other_width_gets_a_layer_to_the_students_map():
    wide = cases.cnn((4, 6, 10))
    model = build(teacher=wide)
    x, _ = cases.images(2)
    assert model(x, training=True)["map1"].shape == (2, 2, 2, 8)
    own = {id(v) for m in (model.student, wide) for v in m.variables}
    added = [v for v in model.network.variables if id(v) not in own]
    assert [tuple(v.shape) for v in added] == [(10, 8), (8,)]


def test_a_peer_deceives_its_critic_and_is_a_constant_to_the_others():
    model = build(task_weight=0.0, weight=0.0)
    (peer,) = [
        layer.model for layer in model.network.layers if layer.name == "peer1"
    ]
    x, _ = cases.images(4)
    game = losses(model)["game_logits"]
    with tf.GradientTape() as tape:
        taps = model(tf.constant(x), training=True)
        held = model.teacher(None, student=taps)
        held = keras.tree.map_structure(tf.stop_gradient, held)
        values = game(held, taps)
    kernel = [
        m.get_layer("stage1_conv").kernel.value for m in (model.student, peer)
    ]
    own, other = tape.gradient(values, kernel)
    assert np.any(np.asarray(own) != 0)
    assert other is None


def test_losses_of_maps_have_an_optimizer_of_their_own():
    model = build(map_learning_rate=0.01)
    assert model.second_losses == ("game_logits", "game_peer1")
    rate = model.second_optimizer.learning_rate
    np.testing.assert_allclose(rate, 0.01)
    model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    layers = [
        model.student.get_layer(name) for name in ("stage1_conv", "logits")
    ]
    before = [layer.get_weights()[0] for layer in layers]
    model.train_on_batch(*cases.images(4))
    after = [layer.get_weights()[0] for layer in layers]
    # With logits at a rate of 0 maps move, and not the classifier above.
    assert not np.array_equal(before[0], after[0])
    np.testing.assert_array_equal(before[1], after[1])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"peers": 1}, "peers of afd_online"),
        ({"feature_tap": "middle"}, "'middle'"),
        ({"feature_tap": "embedding"}, "critic of maps"),
        ({"teacher": cases.cnn((6, 8, 12), classes=7)}, "same classes"),
        ({"adversarial_weight": -1.0}, "weight must be"),
        ({"map_learning_rate": 0.0}, "map_learning_rate must be"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
