import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.teachers import FrozenTeacher

CROSS_ENTROPY = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def mlp(classes=2):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {"teacher": None, "student": mlp(), **arguments}
    return methods.get("dml").build(**arguments)


def total(distiller, taps, labels):
    """The weighted sum of all parts but the student's compiled loss."""
    return sum(
        factor
        * np.mean(loss(taps, taps, labels=labels, step=0))
        * float(loss.weight(0))
        for loss, factor in zip(
            distiller.distillation_losses, distiller.distillation_loss_weights
        )
    )


def test_two_peers_by_hand():
    # p_1 = (1/4, 3/4), p_2 = (1/2, 1/2), label 1.
    # H(y, p_2) = ln 2
    # KL(p_2 || p_1) = 1/2 ln 2 + 1/2 ln(2/3)
    # KL(p_1 || p_2) = 1/4 ln(1/2) + 3/4 ln(3/2)
    taps = {
        "logits": np.array([[0.0, np.log(3.0)]], "float32"),
        "peer1": np.zeros((1, 2), "float32"),
    }
    kl = (np.log(2) + np.log(2 / 3)) / 2 + (np.log(0.5) + 3 * np.log(1.5)) / 4
    found = total(build(task_weight=3.0, weight=2.0), taps, np.array([1]))
    np.testing.assert_allclose(found, 3 * np.log(2) + 2 * kl, rtol=1e-6)


def test_each_peer_follows_the_mean_divergence_from_the_others():
    random = np.random.default_rng(0)
    logits = random.normal(size=(3, 4, 2))
    labels = np.array([0, 1, 1, 0])
    t = 2.0
    q = np.exp(logits / t) / np.exp(logits / t).sum(-1, keepdims=True)
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    expected = 0.0
    for i in range(3):
        if i:
            expected -= np.mean(np.log(p[i][np.arange(4), labels]))
        for j in {0, 1, 2} - {i}:
            kl = np.sum(q[j] * np.log(q[j] / q[i]), axis=-1)
            expected += t**2 * np.mean(kl) / 2
    taps = dict(zip(("logits", "peer1", "peer2"), logits.astype("float32")))
    found = total(build(peers=3, temperature=t), taps, labels)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_given_peer_is_trained_too_and_may_be_another_network():
    x = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
    y = (x[:, 0] > 0).astype("int32")
    student = mlp()
    wide = models.build("mlp", input_shape=(5,), num_classes=2, units=(9,))
    before = wide.get_weights()
    distiller = build(student=student, teacher=[mlp(), wide])
    distiller.compile("adam", CROSS_ENTROPY, run_eagerly=True)
    distiller.fit(x, y, verbose=0)
    assert distiller.student is student
    for old, new in zip(before, wide.get_weights()):
        assert not np.array_equal(old, new)


def test_a_peers_weights_do_not_feel_the_other_direction():
    # Without labels, each peer moves as if the other were constant: with
    # SGD the student's step is that of distilling from a frozen peer.
    x = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
    student, twin, peer = mlp(), mlp(), mlp()
    twin.set_weights(student.get_weights())
    frozen = keras.models.clone_model(peer)
    frozen.set_weights(peer.get_weights())
    reference = methods.get("hinton_kd").build(
        teacher=frozen,
        student=twin,
        temperature=1.0,
        weight=1.0,
        task_weight=0.0,
    )
    for model in (
        build(student=student, teacher=peer, task_weight=0.0),
        reference,
    ):
        model.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
        model.fit(x, np.zeros(8, "int32"), batch_size=8, verbose=0)
    for a, b in zip(student.get_weights(), twin.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_new_peers_start_from_weights_of_their_own():
    distiller = build(peers=3)
    kernels = {
        w.numpy().tobytes()
        for w in distiller.trainable_variables
        if w.shape == (5, 64)
    }
    assert len(kernels) == 3


def test_bad_arguments_are_errors():
    student = mlp()
    with pytest.raises(InputError, match="peers of dml must be a whole"):
        build(peers=1)
    with pytest.raises(InputError, match="other than the student"):
        build(student=student, teacher=student)
    with pytest.raises(InputError, match="must be a keras.Model"):
        build(teacher=FrozenTeacher(mlp()))
    with pytest.raises(InputError, match="it must be 2"):
        build(teacher=mlp(), peers=3)
    with pytest.raises(InputError, match="same classes"):
        build(teacher=mlp(classes=3))
    with pytest.raises(InputError, match="temperature"):
        build(temperature=0)
    with pytest.raises(InputError, match="weight"):
        build(weight=-1)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["dml", "one", "codistillation"])
def test_learns_digits(key):
    from sklearn.datasets import load_digits

    images, y = load_digits(return_X_y=True)
    x = images.reshape(-1, 8, 8, 1).astype("float32")
    keras.utils.set_random_seed(0)
    student = models.build(
        "cnn", input_shape=(8, 8, 1), num_classes=10, scale=1 / 16
    )
    options = {"burn_in_steps": 5, "exchange_steps": 5}
    distiller = methods.get(key).build(
        teacher=None,
        student=student,
        **(options if key == "codistillation" else {}),
    )
    distiller.compile("adam", CROSS_ENTROPY, metrics=["accuracy"])
    logs = distiller.fit(x, y, epochs=3, verbose=0).history
    assert logs["task_loss"][-1] < 0.5 * logs["task_loss"][0]
    assert (
        distiller.evaluate(x, y, verbose=0, return_dict=True)["accuracy"] > 0.9
    )
