import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.schedules import Constant

X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def student(classes=2, **arguments):
    return models.build(
        "mlp", input_shape=(3,), num_classes=classes, units=(4,), **arguments
    )


def build(**arguments):
    arguments = {"teacher": None, "student": student(), **arguments}
    return methods.get("dual_student").build(**arguments)


def logits(*probabilities):
    """Of the first of two classes, one an example."""
    p = np.array(probabilities)
    return np.log(np.stack([p, 1 - p], axis=1)).astype("float32")


def test_total_is_the_papers_equation_of_both_students():
    # Threshold 0.8. The student learns on view 1, the peer on view 2.
    # Example 0: the student is unsure, the peer stable: it teaches.
    # Example 1: both stable, the student more so (0 < 0.01): it teaches.
    # Example 2: has a label: nobody teaches.
    taps = {
        "logits": logits(0.6, 0.9, 0.6),
        "logits_2": logits(0.5, 0.9, 0.6),
        "peer1": logits(0.9, 0.8, 0.9),
        "peer1_2": logits(0.9, 0.9, 0.9),
    }
    labels = np.array([-1, -1, 1])
    # Squares of both classes are equal: their mean is one of them.
    consistency = (0.1**2 + 0 + 0) / 3 + (0 + 0.1**2 + 0) / 3
    stabilization = (0.3**2 + 0 + 0) / 3 + (0 + 0**2 + 0) / 3
    task = -np.log(0.1) / 3
    distiller = build(
        weight=Constant(5.0), consistency_weight=Constant(2.0), task_weight=3.0
    )
    found = sum(
        float(loss.weight(0)) * np.mean(loss(taps, taps, labels=labels, step=0))
        for loss in distiller.distillation_losses
    )
    expected = 3 * task + 2 * consistency + 5 * stabilization
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_both_students_see_the_same_two_views():
    first = student()
    twin = keras.models.clone_model(first)
    twin.set_weights(first.get_weights())
    distiller = build(student=first, teacher=twin, stddev=1.0)
    found = distiller.network(X, training=True)
    for end in ("", "_2"):
        np.testing.assert_allclose(
            found[f"logits{end}"], found[f"peer1{end}"], rtol=1e-5
        )
    assert not np.allclose(found["logits"], found["logits_2"])


def test_the_weights_of_the_two_start_apart_and_both_are_trained():
    other = student()
    before = other.get_weights()
    distiller = build(teacher=other, ramp_steps=1)
    distiller.compile(keras.optimizers.SGD(0.5), LOSS)
    distiller.fit(X, np.array([0, 1, -1, -1]), verbose=0)
    assert not any(map(np.array_equal, before, other.get_weights()))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": [student(), student()]}, "peers of dual_student"),
        ({"teacher": student(classes=3)}, "same classes"),
        ({"threshold": 1.0}, "confidence of a stable example"),
        ({"ramp_steps": 0}, "ramp_steps of dual_student"),
        ({"stddev": -1.0}, "stddev must be"),
        ({"weight": -1.0}, "weight must be"),
        ({"consistency_weight": -1.0}, "consistency_weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
