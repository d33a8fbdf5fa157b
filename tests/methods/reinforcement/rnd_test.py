import keras
import numpy as np
import pytest

from tests.conformance import cases
from tests.distillers.distiller_test import dense
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    keras.utils.set_random_seed(0)
    arguments = {"teacher": None, "student": cases.student(), **arguments}
    return methods.get("rnd").build(**arguments)


def test_the_bonus_is_the_mean_square_and_the_loss():
    (loss,) = build().distillation_losses
    # (1^2 + 3^2) / 2 and (0 + 2^2) / 2.
    f, p = np.float32([[1, 3], [0, 2]]), np.zeros((2, 2), "float32")
    found = loss({"logits": f}, {"logits": p})
    np.testing.assert_allclose(found, [5, 2])


def test_a_share_of_states_trains():
    model = build(update_share=0.25, weight=2.0)
    (loss,) = model.distillation_losses
    f, p = np.ones((400, 4), "float32"), np.zeros((400, 4), "float32")
    found = np.array(loss({"logits": f}, {"logits": p}))
    # The mean over the batch is that over the share: 1.
    np.testing.assert_allclose(found.mean(), 1, rtol=1e-5)
    assert 0.15 < np.mean(found > 0) < 0.35
    assert float(loss.weight(0)) == 2.0


def test_what_was_not_seen_has_a_larger_bonus():
    model = build()
    model.compile(keras.optimizers.Adam(0.01), run_eagerly=False)
    x, y = cases.images(64)
    seen, new = x[y < 2], x[y >= 2]
    model.fit(seen, epochs=40, batch_size=8, verbose=0)
    target = model.teacher.model

    def bonus(x):
        gap = target.predict(x, verbose=0) - model.student.predict(x, verbose=0)
        return np.mean(gap**2)

    assert bonus(new) > 2 * bonus(seen)


def test_the_target_has_other_weights_than_the_predictor():
    model = build(seed=3)
    own, target = model.student.get_weights(), model.teacher.model.get_weights()
    assert any(not np.array_equal(a, b) for a, b in zip(own, target))
    again = build(seed=3).teacher.model.get_weights()
    for first, second in zip(target, again):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"update_share": 0.0}, "share of a RandomShare"),
        ({"weight": -1.0}, "weight must be"),
        ({"student": dense(), "teacher": dense(classes=3)}, "one shape"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
