import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.metrics import softening

LOGITS = np.array([[4.0, 1.0, 0.0], [0.0, 6.0, 2.0]])


def test_entropy_by_hand():
    # z / T = (ln 2, 0): p = (2/3, 1/3), H = ln 3 - 2/3 ln 2.
    found = softening.mean_entropy([[2 * np.log(2), 0.0]], 2.0)
    assert found == pytest.approx(np.log(3) - 2 / 3 * np.log(2), rel=1e-12)


def test_entropy_is_zero_of_one_certain_class_and_ln_c_of_equal_ones():
    assert softening.mean_entropy([[1e9, 0.0, -1e9]]) == 0.0
    assert softening.mean_entropy([[7.0, 7.0, 7.0]]) == pytest.approx(np.log(3))


def test_temperature_of_entropy_reaches_the_share():
    found = softening.temperature_of_entropy(LOGITS, 0.5)
    reached = softening.mean_entropy(LOGITS, found)
    assert reached == pytest.approx(0.5 * np.log(3), rel=1e-6)


def test_temperature_of_entropy_stays_within_bounds():
    assert softening.temperature_of_entropy(LOGITS * 1e4) == 20.0
    flat = softening.temperature_of_entropy(LOGITS * 1e-3)
    assert flat == pytest.approx(1.0)


def test_calibration_undoes_a_factor_of_the_logits():
    generator = np.random.default_rng(0)
    logits = 2 * generator.normal(size=(4000, 3))
    odds = np.exp(softening.log_probabilities(logits)).cumsum(axis=1)
    labels = (generator.random((4000, 1)) > odds[:, :2]).sum(axis=1)
    found = softening.calibrating_temperature(3 * logits, labels)
    assert found == pytest.approx(3.0, rel=0.1)


def test_a_perfect_teacher_is_never_too_modest():
    found = softening.calibrating_temperature(LOGITS, [0, 1])
    assert found == pytest.approx(0.05, rel=1e-3)


def test_scores_of_one_class_are_refused():
    with pytest.raises(InputError, match=r"two classes, received .*\(2, 1\)"):
        softening.temperature_of_entropy(LOGITS[:, :1])


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_scores_that_are_not_finite_are_refused(value):
    broken = LOGITS.copy()
    broken[1, 2] = value
    with pytest.raises(InputError, match="finite scores"):
        softening.temperature_of_entropy(broken)
    with pytest.raises(InputError, match="finite scores"):
        softening.calibrating_temperature(broken, [0, 1])


def test_examples_without_a_label_calibrate_nothing():
    with pytest.raises(InputError, match="received -1"):
        softening.calibrating_temperature(LOGITS, [0, -1])
