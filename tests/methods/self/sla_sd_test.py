import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def build(**arguments):
    arguments = {"teacher": None, "student": cases.student(), **arguments}
    return methods.get("sla_sd").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


def test_is_the_papers_equation():
    student = cases.student()
    distiller = build(student=student, temperature=2.0, weight=3.0)
    x, y = cases.images(4)
    found = distiller.network(x)
    joint = distiller.network.get_layer("joint")
    embed = keras.Model(student.input, student.get_layer("embedding").output)
    # In NumPy: turned images, their features, the joint classifier.
    z = np.stack(
        [
            np.array(embed(np.rot90(x, turns, axes=(1, 2)).copy()))
            @ np.array(joint.kernel)
            for turns in range(4)
        ],
        axis=1,
    ).reshape(4, 4, cases.CLASSES, 4)
    p = softmax(z.reshape(4, 4, -1)).reshape(z.shape)
    aggregated = np.mean([z[:, j, :, j] for j in range(4)], axis=0)
    np.testing.assert_allclose(found["joint"], z, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        found["aggregated"], aggregated, rtol=1e-4, atol=1e-5
    )
    both = [
        -np.mean([np.log(p[i, j, y[i], j]) for j in range(4)]) for i in range(4)
    ]
    q, s = softmax(aggregated / 2), softmax(np.array(student(x)) / 2)
    kl = 4 * np.sum(q * np.log(q / s), axis=-1)
    labels, targets = distiller.distillation_losses
    np.testing.assert_allclose(labels({}, found, labels=y), both, rtol=1e-4)
    np.testing.assert_allclose(targets(found, found), kl, rtol=1e-3, atol=1e-6)
    assert float(targets.weight(0)) == 3.0


def test_the_aggregate_does_not_feel_the_student():
    # Without labels, the joint classifier stays as it is.
    distiller = build(joint_weight=0.0, task_weight=0.0)
    distiller.compile(keras.optimizers.SGD(1.0))
    joint = distiller.network.get_layer("joint")
    before = np.array(joint.kernel)
    distiller.fit(*cases.images(8), verbose=0)
    np.testing.assert_array_equal(before, joint.kernel)


def test_the_student_answers_for_images_as_they_are():
    student = cases.student()
    x, _ = cases.images(4)
    found = build(student=student).network(x)
    np.testing.assert_allclose(found["outputs"], student(x), rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": cases.student()}, "needs no teacher"),
        (
            {
                "student": models.build(
                    "mlp", input_shape=(3,), num_classes=2, units=(4,)
                )
            },
            "Square images",
        ),
        ({"feature_tap": "no_such"}, "no_such"),
        ({"temperature": 0.0}, "temperature"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)


def test_two_outputs_are_our_error():
    inputs = keras.Input((8, 8, 1))
    flat = keras.layers.Flatten(name="embedding")(inputs)
    student = keras.Model(inputs, [flat, keras.layers.Dense(2)(flat)])
    with pytest.raises(InputError, match="one input and one output"):
        build(student=student)
