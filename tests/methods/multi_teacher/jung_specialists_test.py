import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(classes=3):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {"teacher": [mlp(), mlp()], "student": mlp(), **arguments}
    return methods.get("jung_specialists").build(**arguments)


X = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")


def softmax(z):
    e = np.exp(np.asarray(z, "float64"))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("center_weight", [5e-5, 0.0])
def test_total_is_the_sum_over_teachers_and_centres(center_weight):
    teachers, student = [mlp(), mlp(), mlp()], mlp()
    distiller = build(
        teacher=teachers, student=student, center_weight=center_weight
    )
    distiller.compile("sgd")
    p = softmax(student(X) / 2)
    parts = []
    for teacher in teachers:
        q = softmax(teacher(X) / 2)
        parts.append(np.mean(np.sum(q * np.log(q / p), axis=1)))
    expected, labels = sum(parts), None
    if center_weight:
        labels = np.array([0, 1, 2, 1, -1, 0])
        centers = np.array(distiller.distillation_losses[-1].centers)
        own = keras.Model(student.input, student.get_layer("embedding").output)
        gap = (np.asarray(own(X)) - centers[labels])[labels >= 0]
        expected += 5e-5 * np.sum(gap**2) / 6
    logs = distiller.train_on_batch(X, labels, return_dict=True)
    # T^2 = 4 and b = 1/4: the divergence itself.
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)
    np.testing.assert_allclose(logs["general"], 4 * parts[0], rtol=1e-4)
    np.testing.assert_allclose(logs["specialist_2"], 4 * parts[2], rtol=1e-4)


def test_every_teacher_teaches_all_classes():
    # The general teacher cannot tell classes 0 and 1, the specialist can.
    student = {"logits": np.zeros((1, 3), "float32")}
    teacher = {
        "0/logits": np.log([[0.4, 0.4, 0.2]]).astype("float32"),
        "1/logits": np.log([[0.7, 0.1, 0.2]]).astype("float32"),
    }
    general, specialist, _ = build(temperature=1.0).distillation_losses
    # KL(q || 1/3) = ln 3 + sum q ln q.
    for loss, q in ((general, (0.4, 0.4, 0.2)), (specialist, (0.7, 0.1, 0.2))):
        expected = np.log(3) + np.sum(np.multiply(q, np.log(q)))
        found = loss(teacher, student)
        np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="score the same"):
        build(teacher=[mlp(), mlp(2)])
    with pytest.raises(InputError, match="at least one teacher"):
        build(teacher=[])
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=0.0)
    with pytest.raises(InputError, match="weight must be"):
        build(center_weight=-1.0)
    with pytest.raises(InputError, match="no_such"):
        build(student_tap="no_such")
