import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import translator

X = np.random.default_rng(0).uniform(0, 16, (4, 4, 4, 1)).astype("float32")


def network():
    return translator.build((4, 4, 1), filters=(2,), value_range=(0.0, 16.0))


def build(**arguments):
    arguments = {
        "teacher": network(),
        "student": network(),
        "critic_filters": (3,),
        **arguments,
    }
    return methods.get("lifelong_gan").build(**arguments)


def softplus(x):
    return np.log1p(np.exp(x))


def test_total_is_the_equation():
    teacher, student = network(), network()
    model = build(
        teacher=teacher, student=student, weight=3.0, adversarial_weight=0.5
    )
    model.compile("sgd", "mae", run_eagerly=True)
    target = 16 - X
    made = model.network(X, training=True)["auxiliary"]
    old, game = model.distillation_losses
    fake = np.asarray(student(X))
    real = np.asarray(game.critic([target, X]))[:, 0]
    held = np.asarray(game.critic([fake, X]))[:, 0]
    adversarial = softplus(-held) + softplus(-real) + softplus(held)
    distillation = old(
        {"outputs": teacher(made)}, {"auxiliary_outputs": student(made)}
    )
    gap = np.abs(np.asarray(teacher(made)) - np.asarray(student(made)))
    np.testing.assert_allclose(distillation, gap.mean((1, 2, 3)), rtol=1e-5)
    found = game({}, {"outputs": fake, "inputs": X}, labels=target)
    np.testing.assert_allclose(found, adversarial, rtol=1e-4)
    logs = model.train_on_batch(X, target, return_dict=True)
    # Other montages are made in the step: the rest of the sum is known.
    expected = (
        np.abs(target - fake).mean()
        + 0.5 * adversarial.mean()
        + 3 * logs["old_answers"]
    )
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_old_and_new_translator_see_the_same_montage():
    teacher = network()
    student = keras.models.clone_model(teacher)
    student.set_weights(teacher.get_weights())
    model = build(teacher=teacher, student=student)
    model.compile("sgd", "mae", run_eagerly=True)
    logs = model.train_on_batch(X, 16 - X, return_dict=True)
    assert float(logs["old_answers"]) < 1e-5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"student": cases.student()}, "images of their size"),
        ({"teacher": cases.teacher()}, "tensors of one shape"),
        ({"rows": 3}, "a size that it divides"),
        ({"rows": 1}, "rows must be"),
        ({"kind": "other"}, "kind of adversarial loss"),
        ({"weight": -1.0}, "weight must be"),
        ({"adversarial_weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
