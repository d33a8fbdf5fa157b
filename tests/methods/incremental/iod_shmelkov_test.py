import numpy as np
import pytest

from tests.methods.incremental import detectors
from tests.methods.incremental.detectors import NEW
from tests.methods.incremental.detectors import OLD
from tfkd.errors import InputError

KEY = "iod_shmelkov"


def test_total_is_the_papers_equation():
    # All regions are drawn: the mean over all of them.
    distiller = detectors.build(KEY, candidates=128, regions=128, weight=2.0)
    t, s = (x[..., 4:] - x[..., 4:].mean(-1, keepdims=True) for x in (OLD, NEW))
    scores = np.mean(np.sum((t - s[..., :3]) ** 2, -1) / 3, axis=1)
    boxes = np.mean(np.sum((OLD[..., :4] - NEW[..., :4]) ** 2, -1) / 4, axis=1)
    np.testing.assert_allclose(
        detectors.total(distiller), 2 * (scores + boxes), rtol=1e-5
    )


def test_both_terms_read_the_same_64_of_the_best_128():
    scores, boxes = detectors.build(KEY).distillation_losses
    outputs = np.float32(OLD)
    first = np.asarray(scores.chosen(outputs, 5))
    np.testing.assert_array_equal(first.sum(1), [64, 64])
    np.testing.assert_array_equal(first, boxes.chosen(outputs, 5))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"student": detectors.network()}, "needs an old detector"),
        ({"regions": 200}, "at least as many candidates"),
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        detectors.build(KEY, **arguments)
