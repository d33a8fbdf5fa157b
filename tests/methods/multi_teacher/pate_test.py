import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(classes=3):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {
        "teacher": [mlp() for _ in range(5)],
        "student": mlp(),
        "queries": 6,
        **arguments,
    }
    return methods.get("pate").build(**arguments)


X = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")


def test_the_loss_is_the_cross_entropy_of_the_noisy_vote():
    teachers, student = [mlp() for _ in range(5)], mlp()
    distiller = build(teacher=teachers, student=student, gamma=0.3, seed=4)
    distiller.compile("sgd")
    votes = np.zeros((6, 3))
    for teacher in teachers:
        votes[np.arange(6), np.argmax(teacher(X), axis=1)] += 1
    noise = np.random.default_rng(4).laplace(scale=1 / 0.3, size=(6, 3))
    winner = np.argmax(votes + noise, axis=1)
    z = np.asarray(student(X), "float64")
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    expected = -np.mean(np.log(p[np.arange(6), winner]))
    x = {"student": X, "index": np.arange(6)}
    logs = distiller.train_on_batch(x, return_dict=True)
    np.testing.assert_allclose(logs["noisy_votes"], expected, rtol=1e-5)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-5)


def test_a_game_reads_what_no_teacher_is_asked_about():
    distiller = build(
        queries=1, game_weight=0.5, value_range=(-2, 2), filters=(4, 4)
    )
    votes, game = distiller.distillation_losses
    assert float(game.weight(0)) == 0.5
    distiller.compile("sgd", run_eagerly=True)
    before = game.generator.get_weights()
    x = {"student": X[1:], "index": np.arange(1, 6)}
    logs = distiller.train_on_batch(x, return_dict=True)
    assert logs["noisy_votes"] == 0
    np.testing.assert_allclose(
        logs["loss"], 0.5 * logs["semi_supervised_game"], rtol=1e-5
    )
    after = game.generator.get_weights()
    assert any(not np.array_equal(a, b) for a, b in zip(after, before))
    # There is none unless it counts.
    assert len(build().distillation_losses) == 1


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="at least two teachers"):
        build(teacher=mlp())
    with pytest.raises(InputError, match="as many outputs"):
        build(student=mlp(4))
    with pytest.raises(InputError, match="queries >= 1"):
        build(queries=0)
    distiller = build()
    distiller.compile("sgd", run_eagerly=True)
    with pytest.raises(InputError, match="needs its number"):
        distiller.train_on_batch(X)
