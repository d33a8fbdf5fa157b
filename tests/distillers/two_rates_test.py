import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tests.distillers.turns_test import X
from tests.distillers.turns_test import Y
from tests.distillers.turns_test import critic
from tests.distillers.turns_test import game
from tests.distillers.turns_test import linear
from tests.distillers.turns_test import softmax
from tests.distillers.turns_test import weights
from tfkd.distillers import TwoRateDistiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets


def build(second=("adversarial",), network=None, **arguments):
    model = TwoRateDistiller(
        student=linear(1),
        teacher=linear(2),
        distillation_losses=[
            SoftTargets(temperature=1.0, weight=0.7),
            game(network, weight=0.3),
        ],
        student_loss_weight=1.0,
        second_losses=second,
        second_optimizer=keras.optimizers.SGD(0.01),
        **arguments,
    )
    model.compile(keras.optimizers.SGD(0.5), SPARSE)
    return model


def test_each_loss_moves_the_student_at_its_own_rate():
    model = build()
    w, t = weights(model.student), weights(model.teacher.model)
    network = model.distillation_losses[1].critic
    c = weights(network)
    p, q = softmax(X @ w), softmax(X @ t)
    # Slopes of the task and 0.7 KL, and of 0.3 times -mean f_s C.
    first = X.T @ (p - np.eye(2)[Y] + 0.7 * (p - q)) / 4
    mean = X.mean(0, keepdims=True).astype("float64")
    second = -0.3 * mean.T @ c.T
    model.train_on_batch(X, Y)
    np.testing.assert_allclose(
        weights(model.student), w - 0.5 * first - 0.01 * second, rtol=1e-5
    )
    # The critic moves at the second rate, for the student as it was.
    np.testing.assert_allclose(
        weights(network), c - 0.01 * 0.3 * (mean @ w - mean @ t).T, rtol=1e-5
    )


def test_regularizers_of_a_second_loss_move_its_weights():
    network = critic(regularizer=keras.regularizers.L2(10.0))
    model = build(network=network)
    model.distillation_losses[1].weight = lambda step: 0.0
    before = weights(network)
    model.train_on_batch(X, Y)
    # c - 0.01 2 10 c
    np.testing.assert_allclose(weights(network), 0.8 * before, rtol=1e-5)


def test_both_optimizers_are_saved(tmp_path):
    model = build()
    model.train_on_batch(X, Y)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    loaded.set_teacher(model.teacher.model)
    assert int(loaded.second_optimizer.iterations) == 1
    assert float(loaded.second_optimizer.learning_rate) == np.float32(0.01)
    for each in (model, loaded):
        each.train_on_batch(X, Y)
    np.testing.assert_allclose(
        weights(model.student), weights(loaded.student), rtol=1e-5
    )


@pytest.mark.parametrize("second", [(), ("other",)])
def test_names_must_be_those_of_losses(second):
    with pytest.raises(InputError, match="names of distillation losses"):
        build(second)
