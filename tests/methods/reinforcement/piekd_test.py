import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import dense
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    arguments = {
        "teacher": None,
        "student": dense(classes=2),
        "period_steps": 2,
        "distilled_steps": 1,
        **arguments,
    }
    return methods.get("piekd").build(**arguments)


def test_the_policy_that_says_best_what_was_done_teaches_the_others():
    model = build(policies=2, weight=3.0)
    task, best = model.distillation_losses
    # p of action 0 is 1/2 for the student, 3/4 for its peer.
    log3 = np.float32(np.log(3))
    policies = {"logits": np.float32([[0, 0]]), "peer1": [[log3, 0]]}
    policies["peer1"] = np.float32(policies["peer1"])
    found = [
        np.array(best(policies, policies, labels=np.array([0]), step=step))
        for step in range(2)
    ]
    # KL((3/4, 1/4) || (1/2, 1/2)) = 3/4 ln(3/2) + 1/4 ln(1/2).
    expected = 3 / 4 * np.log(3 / 2) + 1 / 4 * np.log(1 / 2)
    np.testing.assert_array_equal(found[0], [0])
    np.testing.assert_allclose(found[1], [expected], rtol=1e-5)
    assert float(best.weight(0)) == 3.0
    np.testing.assert_allclose(
        task({}, policies, labels=np.array([0])), [np.log(4 / 3)], rtol=1e-5
    )


def test_policies_begin_differently_and_come_together():
    model = build(task_weight=0.0, period_steps=1)
    model.compile(
        keras.optimizers.Adam(0.03),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    random = np.random.default_rng(0)
    x = random.normal(size=(64, 5)).astype("float32")
    y = (x[:, 0] > 0).astype("int32")

    def spread():
        taps = model.network.predict(x, verbose=0)
        logits = [taps[name] for name in ("logits", "peer1", "peer2")]
        p = np.stack([np.exp(z) / np.exp(z).sum(-1)[:, None] for z in logits])
        return np.mean(np.std(p, axis=0))

    before = spread()
    model.fit(x, y, epochs=30, verbose=0)
    assert spread() < 0.7 * before


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"policies": 1}, "peers of piekd"),
        ({"distilled_steps": 3}, "distilled_steps <= period_steps"),
        ({"weight": -1.0}, "weight must be"),
        ({"teacher": dense(classes=3)}, "the same actions"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
