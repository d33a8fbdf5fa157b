import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tfkd import methods
from tfkd import models
from tfkd.distillers import PriorTrainer
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def network(units, inputs=4):
    return models.build(
        "mlp", input_shape=(inputs,), num_classes=3, units=(units,)
    )


def build(**arguments):
    return methods.get("cmkg").build(
        teacher=network(6, inputs=5), student=network(4), **arguments
    )


def test_features_match_and_every_weight_has_a_prior():
    match, prior = build(weight=0.5, prior_weight=0.25).distillation_losses
    f_t, f_s = RANDOM.normal(size=(3, 6)), RANDOM.normal(size=(3, 4))
    kernel, bias = (np.array(w) for w in match.student_transform.weights)
    np.testing.assert_allclose(
        match({"embedding": f_t}, {"embedding": f_s}),
        ((f_t - f_s @ kernel - bias) ** 2).mean(axis=1),
        rtol=1e-4,
    )
    shapes = [tuple(p.shape) for p in prior.meta_variables]
    assert shapes == [(4, 4), (4,), (4, 3), (3,)]
    assert float(match.weight(0)) == 0.5
    assert float(prior.weight(0)) == 0.25


def test_what_was_learned_with_pairs_is_used_without():
    model = build(meta_learning_rate=0.1)
    model.compile("adam", SPARSE, run_eagerly=True)
    x = {
        "student": RANDOM.normal(size=(8, 4)),
        "teacher": RANDOM.normal(size=(8, 5)),
    }
    y = np.arange(8) % 3
    before = model.distillation_losses[1].strengths()
    model.fit(x, y, epochs=2, verbose=0)
    strengths = model.distillation_losses[1].strengths()
    # One tried step: what lies behind the tap does not reach the teacher.
    same = list(map(np.array_equal, before, strengths))
    assert same == [False, False, True, True]
    target = PriorTrainer(student=network(4), strengths=strengths)
    target.compile(keras.optimizers.SGD(0.1), SPARSE)
    assert np.isfinite(target.fit(x["student"], y, verbose=0).history["loss"])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher_tap": "no_such"}, "no_such"),
        ({"meta_learning_rate": 0.0}, "meta_learning_rate of cmkg"),
        ({"inner_steps": 0}, "inner_steps must be"),
        ({"prior_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
