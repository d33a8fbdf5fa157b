import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.losses import NoisyVotes
from tfkd.losses import privacy_spent

TAPS = ("0/z", "1/z", "2/z")


def made(queries=4, gamma=1.0, classes=2, **arguments):
    loss = NoisyVotes(
        teacher_taps=TAPS,
        student_tap="z",
        queries=queries,
        gamma=gamma,
        **arguments,
    )
    specs = {name: keras.KerasTensor((None, classes)) for name in TAPS}
    loss.setup(specs, {"z": keras.KerasTensor((None, classes))})
    return loss


def teachers(*votes):
    """Logits whose largest are these classes, one row an example."""
    rows = np.eye(2, dtype="float32")
    return {t: rows[list(v)] for t, v in zip(TAPS, zip(*votes))}


STUDENT = {"z": np.log(np.float32([[0.2, 0.8]] * 4))}


def test_the_noisy_majority_is_the_label():
    # Votes (2, 1), (1, 2), (2, 1), (3, 0), and noise that turns the first.
    loss = made()
    loss.noise.assign([[0.0, 1.5], [0, 0], [0, 0.5], [0, 0]])
    taps = teachers((0, 1, 0), (1, 1, 0), (0, 0, 1), (0, 0, 0))
    found = loss(taps, STUDENT, index=np.arange(4))
    expected = -np.log([0.8, 0.8, 0.2, 0.2])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_answer_to_an_example_is_always_the_same():
    loss = made(gamma=0.1)
    taps = teachers((0, 1, 0), (0, 1, 0), (0, 1, 0), (0, 1, 0))
    first = loss(taps, STUDENT, index=np.arange(4))
    order = np.array([2, 0, 3, 1])
    again = loss(taps, STUDENT, index=order)
    np.testing.assert_array_equal(np.asarray(first)[order], again)


def test_noise_is_laplacian_of_the_seed():
    noise = np.asarray(made(queries=20000, gamma=0.5).noise)
    # Laplace of scale 2: E|x| = 2, E x^2 = 8.
    np.testing.assert_allclose(np.abs(noise).mean(), 2.0, rtol=0.03)
    np.testing.assert_allclose(np.square(noise).mean(), 8.0, rtol=0.06)
    other = np.asarray(made(queries=20000, gamma=0.5, seed=1).noise)
    assert not np.array_equal(noise, other)


def test_no_more_than_the_queries_are_answered():
    taps = teachers((0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0))
    found = made(queries=2)(taps, STUDENT, index=np.array([0, 1, 2, 700]))
    assert np.all(np.asarray(found)[:2] > 0)
    np.testing.assert_array_equal(np.asarray(found)[2:], 0)


def test_the_bound_without_votes_by_hand():
    # a(l) = min(0.2 l, 0.02 l (l + 1)) of g = 0.1; 10 queries, delta = 1/e:
    # (10 a(l) + 1) / l = 1.4, 1.1, 1.133 for l = 1, 2, 3.
    found = privacy_spent(10, 0.1, delta=np.exp(-1), moments=3)
    np.testing.assert_allclose(found, 1.1, rtol=1e-12)


def test_teachers_who_agree_reveal_less():
    agreed, split = [[100, 0, 0]] * 5, [[40, 39, 21]] * 5
    without = privacy_spent(5, 0.2)
    assert privacy_spent(5, 0.2, votes=agreed) < 0.7 * without
    np.testing.assert_allclose(privacy_spent(5, 0.2, votes=split), without)


def test_the_bound_of_one_query_by_hand():
    # g = 1/2, gap 20: q = (2 + 10) / (4 e^10) = 1.362e-4.
    q = 12 / (4 * np.exp(10))
    d = np.log((1 - q) * (1 - q) / (1 - q * np.e) + q * np.e)
    found = privacy_spent(1, 0.5, delta=0.1, votes=[[20, 0]], moments=1)
    np.testing.assert_allclose(found, d + np.log(10), rtol=1e-9)


def test_a_certain_vote_costs_nothing_but_delta():
    found = privacy_spent(1, 1.0, votes=[[1e5, 0]], delta=0.1, moments=1)
    np.testing.assert_allclose(found, np.log(10), rtol=1e-9)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="finite gamma > 0"):
        made(gamma=0.0)
    with pytest.raises(InputError, match="at least two teachers"):
        NoisyVotes(teacher_taps=["z"], queries=1)
    with pytest.raises(InputError, match="needs its number"):
        made()(teachers((0, 1, 0)), {"z": STUDENT["z"][:1]})
    spec = {name: keras.KerasTensor((None, 3)) for name in TAPS}
    with pytest.raises(InputError, match="as many outputs"):
        NoisyVotes(teacher_taps=TAPS, student_tap="z", queries=1).setup(
            spec, {"z": keras.KerasTensor((None, 2))}
        )
    with pytest.raises(InputError, match="delta in"):
        privacy_spent(1, 1.0, delta=0.0)
    with pytest.raises(InputError, match="votes must be"):
        privacy_spent(2, 1.0, votes=[[1, 2]])
