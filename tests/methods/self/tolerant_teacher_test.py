import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.models.fresh import fresh_copy

X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
Y = np.argmax(X[:, :3], axis=1).astype("int32")


def network(units=(4,), classes=3):
    return models.build(
        "mlp", input_shape=(4,), num_classes=classes, units=units
    )


def fit(teacher=None, rate=0.1, repeat=1, epochs=1, **arguments):
    chain = methods.get("tolerant_teacher").build(
        student=network(), teacher=teacher, **{"top": 3, **arguments}
    )
    chain.compile(
        keras.optimizers.SGD(rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    x, y = np.tile(X, (repeat, 1)), np.tile(Y, repeat)
    chain.fit(x, y, batch_size=16, epochs=epochs, verbose=0)
    return chain


def test_generation_zero_has_the_papers_loss():
    chain = fit(tolerance=0.5, generations=1)
    # The copy of this seed before its first step.
    z = np.asarray(fresh_copy(chain.student, 0)(X), "float64")
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    ordered = -np.sort(-p, axis=1)
    # K = 3: p_(1) - (p_(2) + p_(3)) / 2.
    gap = np.mean(ordered[:, 0] - (ordered[:, 1] + ordered[:, 2]) / 2)
    ce = np.mean(-np.log(p[np.arange(16), Y]))
    logs = chain.histories[0].history
    np.testing.assert_allclose(logs["top_score_difference"], gap, rtol=1e-5)
    np.testing.assert_allclose(logs["loss"], ce + 0.5 * gap, rtol=1e-5)


def test_tolerance_keeps_secondary_classes():
    strict, tolerant = (
        fit(
            rate=0.5, repeat=30, epochs=2, tolerance=g, generations=1
        ).histories[0]
        for g in (0.0, 5.0)
    )
    gaps = [h.history["top_score_difference"][-1] for h in (strict, tolerant)]
    assert gaps[1] < 0.5 * gaps[0]


def test_generations_follow_generation_zero():
    chain = fit(generations=2)
    parts = [set(h.history) for h in chain.histories]
    assert len(parts) == 3
    assert "top_score_difference" in parts[0]
    assert all("soft_targets" in part for part in parts[1:])


def test_a_given_network_lends_its_architecture_alone():
    teacher = network((9,))
    before = teacher.get_weights()
    chain = fit(teacher, generations=1)
    for old, new in zip(before, teacher.get_weights()):
        np.testing.assert_array_equal(old, new)
    assert len(chain.histories) == 2


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"generations": 0}, "generations of tolerant_teacher"),
        ({"top": 1}, "top must be"),
        ({"top": 4}, "at most the number of classes, 3"),
        ({"tolerance": -1.0}, "weight must be a finite number"),
        ({"teacher": "resnet"}, "functional or built Sequential"),
        ({"teacher": network(classes=5)}, "score the same"),
    ],
)
def test_mistakes_are_our_errors_before_training(arguments, match):
    with pytest.raises(InputError, match=match):
        methods.get("tolerant_teacher").build(
            **{"student": network(), "teacher": None, "top": 3, **arguments}
        )
