import numpy as np
import pytest

from tfkd.metrics.summary import summarize

PROBABILITIES = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.45, 0.55]])
LABELS = np.array([0, 1, 1, 1])


def summary(seed_accuracies):
    return summarize(
        PROBABILITIES,
        LABELS,
        seed_accuracies=seed_accuracies,
        teacher_probabilities=PROBABILITIES[:, ::-1],
        bootstrap_samples=20,
    )


def test_mean_and_spread_are_those_of_seeds():
    # (.75 + .85) / 2 = .8; sample deviation sqrt(2 * .05^2 / 1) = .0707107
    result = summary({0: 0.75, 2: 0.85})
    assert result["accuracy_mean"] == pytest.approx(0.8)
    assert result["accuracy_std"] == pytest.approx(0.0707107, rel=1e-5)
    assert result["seed_accuracies"] == {"0": 0.75, "2": 0.85}


def test_one_seed_has_no_spread():
    assert summary({5: 0.75})["accuracy_std"] == 0.0


def test_agreement_is_with_the_teacher():
    # Swapped columns answer the opposite everywhere.
    result = summary({0: 0.75})
    assert result["agreement_with_teacher"] == 0.0
    assert result["accuracy"] == 0.75
    assert result["confusion_matrix"] == [[1, 0], [1, 2]]
