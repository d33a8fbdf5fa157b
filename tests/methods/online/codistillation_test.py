import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.teachers import ExchangeTeacher

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(8, 5)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


def mlp(classes=2):
    return models.build(
        "mlp", input_shape=(5,), num_classes=classes, units=(4,)
    )


def build(**arguments):
    arguments = {"teacher": None, "student": mlp(), **arguments}
    return methods.get("codistillation").build(**arguments)


def fit(distiller, epochs=1):
    if not distiller.compiled:
        distiller.compile(
            keras.optimizers.SGD(0.5),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            run_eagerly=True,
        )
    return distiller.fit(X, Y, epochs=epochs, verbose=0).history


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def test_follows_the_mean_prediction_of_the_others():
    z = RANDOM.normal(size=(3, 4, 2))
    taps = dict(zip(("logits", "peer1", "peer2"), z.astype("float32")))
    p = softmax(z)
    distiller = build(peers=3, burn_in_steps=0)
    losses = {loss.name: loss for loss in distiller.distillation_losses}
    for own, name in enumerate(taps):
        # q = 1/2 (p_j + p_k) of the other two.
        q = (p.sum(axis=0) - p[own]) / 2
        expected = np.sum(q * np.log(q / p[own]), axis=-1)
        found = losses[f"soft_targets_{name}"](taps, taps, step=0)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)


def test_peers_are_stale_until_the_next_exchange():
    distiller = build(exchange_steps=3, burn_in_steps=0)
    start = distiller.network.get_weights()
    fit(distiller, epochs=2)
    for old, copy in zip(start, distiller.teacher.copy.get_weights()):
        np.testing.assert_array_equal(old, copy)
    fit(distiller)
    for now, copy in zip(
        distiller.network.get_weights(), distiller.teacher.copy.get_weights()
    ):
        np.testing.assert_array_equal(now, copy)


def test_nothing_is_distilled_before_the_burn_in_ends():
    distiller = build(burn_in_steps=5, weight=2.0)
    weights = [
        loss.weight
        for loss in distiller.distillation_losses
        if loss.name.startswith("soft_targets")
    ]
    assert [float(w(4)) for w in weights] == [0.0, 0.0]
    assert [float(w(5)) for w in weights] == [2.0, 2.0]


def test_two_distillers_exchange_through_a_folder(tmp_path):
    a, b = (
        build(
            teacher=ExchangeTeacher(
                tmp_path, member=own, others=[other], exchange_steps=1
            ),
            burn_in_steps=0,
        )
        for own, other in (("a", "b"), ("b", "a"))
    )
    alone = fit(a)["soft_targets"]
    np.testing.assert_allclose(alone, 0.0, atol=1e-6)
    after = fit(b, epochs=2)["soft_targets"]
    assert after[1] > 1e-5
    # b's second step compared it with a.
    np.testing.assert_array_equal(
        b.teacher.copies[0].get_weights()[0], a.student.get_weights()[0]
    )


def test_bad_arguments_are_errors(tmp_path):
    with pytest.raises(InputError, match="peers of codistillation"):
        build(peers=1)
    with pytest.raises(InputError, match="burn_in_steps"):
        build(burn_in_steps=-1)
    with pytest.raises(InputError, match="cycle_steps must be at least 1"):
        build(exchange_steps=0)
    with pytest.raises(InputError, match="same classes"):
        build(teacher=mlp(classes=3))
    with pytest.raises(InputError, match="decided by the ExchangeTeacher"):
        build(
            teacher=ExchangeTeacher(tmp_path, member="a", others="b"),
            exchange_steps=3,
        )
