import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import dense
from tests.methods.outlook.tgsa_test import X
from tests.methods.outlook.tgsa_test import Y
from tests.methods.outlook.tgsa_test import network
from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import reductions


def build(method="n2n", teacher=None, student=None, **arguments):
    keras.utils.set_random_seed(0)
    model = methods.get(method).build(
        teacher=teacher or network((4, 4, 4)),
        student=student or network((4, 4, 4)),
        **{"iterations": 2, "samples": 2, "trial_epochs": 1, **arguments},
    )
    model.compile(
        keras.optimizers.SGD(0.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    return model


def children(model):
    """The networks that were tried, by name."""
    found, original = {}, model._trainer

    def trainer(network):
        found[len(found)] = network
        return original(network)

    model._trainer = trainer
    return found


def test_the_reward_is_compression_times_relative_accuracy():
    teacher = network((4, 4, 4))
    model = build(teacher=teacher)
    found = children(model)
    model.search(X, Y)
    _, judges = model._split(X, Y)
    x, y = X[judges], Y[judges]
    theirs = np.mean(teacher.predict(x, verbose=0).argmax(axis=1) == y)
    whole = reductions.parameters(teacher)
    for child, reward in zip(found.values(), model.trials.values()):
        own = np.mean(child.predict(x, verbose=0).argmax(axis=1) == y)
        c = 1 - reductions.parameters(child) / whole
        np.testing.assert_allclose(reward, c * (2 - c) * own / theirs)


def test_removes_first_and_narrows_then():
    model = build(shares=(0.5,))
    model.search(X, Y)
    stages = [name.split("[")[0] for name in model.trials]
    assert stages == sorted(stages)
    assert set(stages) == {"removal", "shrinkage"}
    assert model.student.count_params() < network((4, 4, 4)).count_params()


def test_the_child_learns_the_teachers_logits():
    model = build()
    (loss,) = model._trainer(network((4, 4, 4))).distillation_losses
    z_t, z_s = np.random.default_rng(0).normal(size=(2, 5, 3))
    np.testing.assert_allclose(
        loss({"logits": z_t}, {"logits": z_s}),
        np.mean((z_t - z_s) ** 2, axis=1),
        rtol=1e-5,
    )


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": dense((3,)), "student": dense((4,))}, "has none"),
        ({"student": network((4, 4), classes=4)}, "the same classes"),
        ({"iterations": 0}, "iterations must be"),
        ({"shares": (0.0,)}, "Shares of filters"),
        ({"policy_rate": -1.0}, "policy_rate of n2n"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
