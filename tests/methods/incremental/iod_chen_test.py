import numpy as np
import pytest

from tests.methods.incremental import detectors
from tests.methods.incremental.detectors import NEW
from tests.methods.incremental.detectors import OLD
from tfkd.errors import InputError

KEY = "iod_chen"
F_T, F_S = np.random.default_rng(1).normal(size=(2, 2, 8, 8, 4))


def test_total_is_the_equation():
    t, s = OLD[..., 4:], NEW[..., 4:7]
    kl = detectors.bernoulli_kl(t, s).mean(-1)
    square = np.mean((OLD[..., :4] - NEW[..., :4]) ** 2, axis=-1)
    sure = detectors.sigmoid(t).max(-1) >= 0.6
    confidence = detectors.bernoulli_kl(t.max(-1), s.max(-1))
    expected = [
        5 * np.mean((F_T[i] - F_S[i]) ** 2)
        + 3 * (kl + square)[i][sure[i]].mean()
        + 2 * confidence[i].mean()
        for i in range(2)
    ]
    distiller = detectors.build(
        KEY, threshold=0.6, hint_weight=5.0, weight=3.0, confidence_weight=2.0
    )
    found = detectors.total(distiller, fpn=(F_T, F_S))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_confidence_counts_where_no_region_is_sure():
    distiller = detectors.build(KEY, threshold=0.9999, hint_weight=0.0)
    confidence = detectors.bernoulli_kl(
        OLD[..., 4:].max(-1), NEW[..., 4:7].max(-1)
    )
    found = detectors.total(distiller, fpn=(F_T, F_S))
    np.testing.assert_allclose(found, confidence.mean(-1), rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"student": detectors.network()}, "needs an old detector"),
        ({"feature_tap": "no_such"}, "no_such"),
        ({"threshold": 1.0}, "a threshold in"),
        ({"hint_weight": -1.0}, "weight must be"),
        ({"confidence_weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        detectors.build(KEY, **arguments)
