import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    arguments = {
        "teacher": [cases.teacher(), cases.cnn((5, 7, 9))],
        "student": cases.student(),
        "flow_steps": 4,
        **arguments,
    }
    return methods.get("knowledge_flow").build(**arguments)


X, Y = cases.images(8)


def compiled(distiller):
    distiller.compile(
        keras.optimizers.SGD(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    return distiller


def softmax(z):
    e = np.exp(np.asarray(z, "float64"))
    return e / e.sum(axis=1, keepdims=True)


def test_the_loss_is_that_of_the_mixed_network():
    teachers = [cases.teacher(), cases.cnn((5, 7, 9))]
    distiller = compiled(build(teacher=teachers, weight=0.5, task_weight=0.3))
    z = distiller.network(X, training=True)["outputs"]
    q, p = sum(softmax(t(X)) for t in teachers) / 2, softmax(z)
    kl = np.mean(np.sum(q * np.log(q / p), axis=1))
    ce = -np.mean(np.log(p[np.arange(8), Y]))
    logs = distiller.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(logs["loss"], 0.3 * ce + 0.5 * kl, rtol=1e-3)
    # Three mixtures of three shares each.
    np.testing.assert_allclose(logs["dependence"], 3 * np.log(3), rtol=1e-5)


def test_dependence_costs_more_and_teachers_say_less_with_time():
    dependence, targets = build(dependence_weight=0.2).distillation_losses
    for step, costs, weight in ((0, 0.0, 1.0), (2, 0.1, 0.5), (4, 0.2, 0.0)):
        np.testing.assert_allclose(float(dependence.weight(step)), costs)
        np.testing.assert_allclose(float(targets.weight(step)), weight)


def test_after_the_flow_the_student_stands_alone():
    distiller = compiled(build())
    before = distiller.network(X)["outputs"]
    assert not np.allclose(before, distiller.student(X), atol=1e-3)
    for _ in range(4):
        distiller.train_on_batch(X, Y)
    np.testing.assert_allclose(
        distiller.network(X)["outputs"], distiller.student(X), rtol=1e-5
    )


def test_teachers_of_other_classes_flow_without_targets():
    other = cases.cnn((5, 7, 9), classes=7)
    distiller = build(teacher=[other], weight=0.0)
    assert [loss.name for loss in distiller.distillation_losses] == [
        "dependence"
    ]
    with pytest.raises(InputError, match="same classes"):
        build(teacher=[other])


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="weight must be"):
        build(dependence_weight=-1.0)
    with pytest.raises(InputError, match="steps must be at least 1"):
        build(flow_steps=0)
