import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(filters):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=3,
        filters=filters,
        strides=(1, 2),
    )


def build(**arguments):
    return methods.get("ft").build(
        teacher=network((3, 6)), student=network((2, 4)), **arguments
    )


@pytest.mark.parametrize(
    ("p", "reduce", "written_out"),
    [
        (1, "mean", lambda d: np.mean(np.abs(d), axis=1)),
        (1, "sum", lambda d: np.sum(np.abs(d), axis=1)),
        (2, "sum", lambda d: np.sqrt(np.sum(d**2, axis=1))),
    ],
)
def test_is_the_distance_of_unit_factors(p, reduce, written_out):
    random = np.random.default_rng(0)
    teacher = {"stage2": random.uniform(size=(2, 4, 4, 6)).astype("float32")}
    student = {"stage2": random.uniform(size=(2, 4, 4, 4)).astype("float32")}
    distiller = build(paraphraser_steps=1, p=p, reduce=reduce)
    (loss,) = distiller.distillation_losses
    factors = [
        np.asarray(loss.paraphraser(teacher["stage2"]), "float64"),
        np.asarray(loss.translator(student["stage2"]), "float64"),
    ]
    assert factors[0].shape == (2, 4, 4, 3)
    factors = [f.reshape(2, -1) for f in factors]
    t, s = (f / np.linalg.norm(f, axis=1, keepdims=True) for f in factors)
    found = loss(teacher, student, step=1)
    np.testing.assert_allclose(found, written_out(t - s), rtol=1e-6)


def test_the_student_waits_for_the_paraphraser():
    keras.utils.set_random_seed(0)
    distiller = build(paraphraser_steps=2, weight=7.0)
    (loss,) = distiller.distillation_losses
    assert [float(loss.weight(step)) for step in (1, 2)] == [1.0, 7.0]
    distiller.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    x = np.random.default_rng(0).uniform(size=(4, 8, 8, 1)).astype("float32")
    y = np.array([0, 1, 2, 0])

    def weights(part):
        return [np.array(weight) for weight in part.trainable_variables]

    moved = []
    for _ in range(3):
        parts = (distiller.student, loss.paraphraser)
        before = [weights(part) for part in parts]
        distiller.train_on_batch(x, y)
        moved.append(
            [
                any(map(np.any, map(np.not_equal, b, weights(part))))
                for b, part in zip(before, parts)
            ]
        )
    assert moved == [[False, True], [False, True], [True, False]]
    for copy, live in zip(loss.frozen.weights, loss.paraphraser.weights):
        np.testing.assert_array_equal(copy, live)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rate": 0.0}, "rate must be > 0"),
        ({"p": 3}, "needs p of 1 or 2"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"task_weight": -1.0}, "task_weight must be a finite number"),
        ({"paraphraser_steps": 0}, "steps must be at least 1"),
        ({"teacher_tap": "logits"}, "A paraphraser needs a tap"),
        ({"student_tap": "logits"}, "keeps the rank"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
