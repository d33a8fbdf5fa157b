import numpy as np
import pytest

from tests.methods.incremental import detectors
from tests.methods.incremental.detectors import NEW
from tests.methods.incremental.detectors import OLD
from tfkd.errors import InputError

KEY = "iod_hao"
CONFIDENCE = detectors.sigmoid(OLD[..., 4:]).max(-1)


def test_distillation_is_the_equation():
    kl = detectors.bernoulli_kl(OLD[..., 4:], NEW[..., 4:7]).mean(-1)
    gap = np.abs(OLD[..., :4] - NEW[..., :4])
    huber = np.where(gap > 1, gap - 0.5, gap**2 / 2).mean(-1)
    each = 2 * kl + 2 * 3 * huber
    expected = [each[i][CONFIDENCE[i] >= 0.6].mean() for i in range(2)]
    distiller = detectors.build(KEY, threshold=0.6, weight=2.0, box_weight=3.0)
    np.testing.assert_allclose(detectors.total(distiller), expected, rtol=1e-5)


def test_what_the_old_detector_finds_is_hidden_from_the_task():
    distiller = detectors.build(KEY, threshold=0.6, limit=128)
    rows = np.asarray(distiller.old_objects(OLD))
    np.testing.assert_array_equal(
        (rows[..., 4] == -2).sum(axis=1), (CONFIDENCE >= 0.6).sum(axis=1)
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"student": detectors.network()}, "needs an old detector"),
        ({"feature_tap": "no_such"}, "no_such"),
        ({"feature_tap": "outputs"}, "of known size and a map"),
        ({"threshold": 0.0}, "threshold in"),
        ({"limit": 0}, "a limit >= 1"),
        ({"anchor_sizes": ((8, 8),)}, "answers for 128 anchors"),
        ({"weight": -1.0}, "weight must be"),
        ({"box_weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        detectors.build(KEY, **arguments)
