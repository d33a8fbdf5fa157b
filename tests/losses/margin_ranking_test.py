import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import MarginRanking

# Two old classes, three new ones.
SCORES = np.float32(
    [[0.9, 0.1, 0.2, 0.6, 0.5], [0.3, 0.2, 0.4, 0.0, 0.1], [0, 0, 1, 0, 0]]
)


def value(labels, scores=SCORES, dtype="float32", **arguments):
    loss = MarginRanking(
        old_classes=2, student_tap="s", dtype=dtype, **arguments
    )
    return loss({}, {"s": scores}, labels=np.array(labels))


def test_by_hand():
    # m = 0.5. First: 0.9 against 0.6, 0.5: (0.2 + 0.1) / 2. Second: 0.2
    # against 0.4, 0.1: (0.7 + 0.4) / 2. The third is new. Two of three count.
    expected = np.array([0.15, 0.55, 0.0]) * 3 / 2
    np.testing.assert_allclose(value([0, 1, 2]), expected, rtol=1e-5)


def test_a_batch_of_new_classes_costs_nothing():
    np.testing.assert_array_equal(value([2, 3, -1]), [0, 0, 0])


def test_one_negative_is_the_highest():
    found = value([0, 2, 2], negatives=1)
    np.testing.assert_allclose(found, [0.2 * 3, 0, 0], rtol=1e-5)


def test_gradient():
    assert_gradient(
        lambda s: value([0, 1, 2], s, "float64"), SCORES.astype("float64")
    )


def test_extreme_scores_are_finite():
    for size in (0.0, 1e-8, 1e4):
        assert np.all(np.isfinite(value([0, 1, 2], size * SCORES)))


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="finite margin >= 0"):
        value([0, 1, 2], margin=-1.0)
    with pytest.raises(InputError, match="Take fewer negatives"):
        MarginRanking(old_classes=2, student_tap="s").setup(
            {}, {"s": keras.KerasTensor((None, 3))}
        )
    with pytest.raises(InputError, match="scores of whole examples"):
        MarginRanking(old_classes=2, student_tap="s").setup(
            {}, {"s": keras.KerasTensor((None, 4, 4, 5))}
        )
