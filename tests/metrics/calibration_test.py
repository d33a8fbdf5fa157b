import numpy as np
import pytest

from tfkd import metrics
from tfkd.errors import InputError

PROBABILITIES = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.45, 0.55]])
LABELS = np.array([0, 1, 1, 1])


def test_reliability_bins_by_confidence():
    # Confidences .9 .8 .7 .55, right: yes no yes yes. With 2 bins all fall
    # into (0.5, 1]: mean confidence 2.95 / 4 = 0.7375, accuracy 3 / 4.
    table = metrics.reliability(PROBABILITIES, LABELS, bins=2)
    assert table["count"] == [4]
    assert table["confidence"] == pytest.approx([0.7375])
    assert table["accuracy"] == [0.75]


def test_reliability_puts_an_edge_into_the_lower_bin():
    # 4 bins: 0.75 belongs to (0.5, 0.75], 1.0 to (0.75, 1].
    table = metrics.reliability([[0.75, 0.25], [1.0, 0.0]], [0, 0], bins=4)
    assert table["count"] == [1, 1]
    assert table["confidence"] == [0.75, 1.0]


def test_ece_weighs_gaps_by_counts():
    # 4 bins: (0.5, 0.75] holds .7 and .55, both right: gap |1 - .625| = .375;
    # (0.75, 1] holds .9 right and .8 wrong: gap |.5 - .85| = .35.
    # ECE = 2/4 * .375 + 2/4 * .35 = .3625
    ece = metrics.expected_calibration_error(PROBABILITIES, LABELS, bins=4)
    assert ece == pytest.approx(0.3625)


def test_ece_is_zero_when_confidence_is_accuracy():
    # Confidence 0.75 everywhere, three of four right.
    probabilities = np.tile([0.75, 0.25], (4, 1))
    ece = metrics.expected_calibration_error(probabilities, [0, 0, 0, 1])
    assert ece == pytest.approx(0, abs=1e-12)


def test_nll_is_the_mean_surprise_in_nats():
    # -(ln .9 + ln .2 + ln .7 + ln .55) / 4
    #  = (.1053605 + 1.6094379 + .3566749 + .5978370) / 4 = 0.6673276
    value = metrics.nll(PROBABILITIES, LABELS)
    assert value == pytest.approx(0.6673276, rel=1e-6)


def test_nll_of_a_quantized_zero_counts_as_the_floor():
    # ln 512 = 6.2383246
    value = metrics.nll([[1.0, 0.0]], [1], floor=1 / 512)
    assert value == pytest.approx(6.2383246, rel=1e-6)


def test_nll_stays_finite_without_a_floor():
    assert np.isfinite(metrics.nll([[1.0, 0.0]], [1]))


def test_brier_is_the_squared_distance_to_one_hot():
    # .01+.01, .64+.64, .09+.09, .2025+.2025: sum 1.885; / 4 = .47125
    assert metrics.brier(PROBABILITIES, LABELS) == pytest.approx(0.47125)


def test_brier_of_the_worst_answer_is_two():
    assert metrics.brier([[1.0, 0.0]], [1]) == 2.0


@pytest.mark.parametrize(
    "measure",
    [
        metrics.brier,
        metrics.expected_calibration_error,
        metrics.nll,
        metrics.reliability,
    ],
)
def test_logits_are_no_probabilities(measure):
    with pytest.raises(InputError, match="from -1 to 4.*softmax"):
        measure([[4.0, -1.0], [0.5, 2.0]], [0, 1])


def test_a_dequantized_probability_may_leave_the_interval_by_a_step():
    assert metrics.brier([[1.0 + 1 / 256, -1 / 256]], [0]) < 1e-4
