import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import MatchedPairs

RANDOM = np.random.default_rng(0)
OWN = RANDOM.normal(size=(4, 3))
THEIRS = RANDOM.normal(size=(4, 2))


def built(**arguments):
    loss = MatchedPairs(units=5, **arguments)
    loss.setup(
        {"view": keras.KerasTensor((None, 2))},
        {"embedding": keras.KerasTensor((None, 3))},
    )
    return loss


def values(loss, theirs=THEIRS, own=OWN, labels=None):
    return loss({"view": theirs}, {"embedding": own}, labels=labels)


def scores(loss, candidates):
    """c_ij in NumPy, one pair at a time."""
    kernel_s, bias = loss.of_student.get_weights()
    kernel_t = loss.of_view.get_weights()[0]
    result = np.zeros((4, 4))
    for i in range(4):
        hidden = OWN[i] @ kernel_s + bias
        if loss.context:
            mean = THEIRS[candidates[i]].mean(axis=0)
            hidden = hidden + mean @ loss.of_mean.get_weights()[0]
        for j in range(4):
            h = np.maximum(hidden + THEIRS[j] @ kernel_t, 0)
            weights = loss.score.get_weights()
            result[i, j] = h @ weights[0][:, 0]
            result[i, j] += weights[1][0] if len(weights) > 1 else 0
    return result


def test_correspondence_is_a_decision_on_matches_and_mismatches():
    loss = built()
    loss.score.bias.assign([0.3])
    c = scores(loss, None)
    expected = [
        (
            np.log1p(np.exp(-c[i, i]))
            + np.mean([np.log1p(np.exp(c[i, j])) for j in range(4) if j != i])
        )
        / 2
        for i in range(4)
    ]
    np.testing.assert_allclose(values(loss), expected, rtol=1e-5)


def test_a_choice_is_among_other_identities():
    loss = built(kind="choose", by_label=True, context=True)
    labels = np.array([0, 0, 1, -1])
    # The second is of the first's identity, the fourth of none that is known.
    candidates = {0: [0, 2], 1: [1, 2], 2: [0, 1, 2], 3: [3]}
    c = scores(loss, candidates)
    expected = [
        np.log(np.sum(np.exp(c[i, candidates[i]]))) - c[i, i] for i in range(3)
    ]
    found = values(loss, labels=labels)
    np.testing.assert_allclose(found, [*expected, 0.0], rtol=1e-5)


def test_one_example_is_finite_and_no_choice():
    found = values(built(kind="choose"), THEIRS[:1], OWN[:1])
    np.testing.assert_allclose(found, [0.0], atol=1e-6)
    assert np.isfinite(values(built(), THEIRS[:1], OWN[:1])[0])


@pytest.mark.parametrize("scale", [0.0, 1e-20, 1e4])
@pytest.mark.parametrize("kind", ["correspond", "choose"])
def test_extremes_are_finite(kind, scale):
    found = values(built(kind=kind), scale * THEIRS, scale * OWN)
    assert np.all(np.isfinite(found))


@pytest.mark.parametrize("kind", ["correspond", "choose"])
def test_gradients_agree_with_finite_differences(kind):
    loss = built(kind=kind, context=True, dtype="float64")
    assert_gradient(lambda own: values(loss, own=own), OWN)
    assert_gradient(lambda theirs: values(loss, theirs=theirs), THEIRS)


def test_a_round_trip_keeps_the_arguments():
    loss = MatchedPairs(kind="choose", units=3, context=True, by_label=True)
    again = MatchedPairs.from_config(loss.get_config())
    assert again.get_config() == loss.get_config()
    assert again.needs_labels


def test_rejects_arguments():
    with pytest.raises(InputError, match="kind of matching"):
        MatchedPairs(kind="chose")
    with pytest.raises(InputError, match="units >= 1"):
        MatchedPairs(units=0)
    for labels in (None, np.zeros((4, 3))):
        with pytest.raises(InputError, match="needs class indices"):
            values(built(by_label=True), labels=labels)
