import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.teachers.imitation import _kernel
from tfkd.teachers.imitation import _left_out
from tfkd.teachers.imitation import imitation_shares
from tfkd.teachers.imitation import least_squares_on_simplex

RANDOM = np.random.default_rng(0)


def test_left_out_predictions_are_those_of_retraining():
    x = RANDOM.normal(size=(7, 3))
    targets = RANDOM.normal(size=(1, 7, 2))
    kernel, penalty = x @ x.T, 0.5
    found = _left_out(kernel, targets, penalty)
    for out in range(7):
        rest = np.arange(7) != out
        system = np.ones((7, 7))
        system[:6, :6] = kernel[np.ix_(rest, rest)] + penalty * np.eye(6)
        system[6, 6] = 0
        right = np.vstack([targets[0, rest], np.zeros((1, 2))])
        solution = np.linalg.solve(system, right)
        # f(x) = sum a_n k(x_n, x) + b
        expected = kernel[out, rest] @ solution[:6] + solution[6]
        np.testing.assert_allclose(found[0, out], expected, rtol=1e-8)


def test_shares_minimize_the_squared_error():
    errors = RANDOM.normal(size=(3, 40)) + np.array([[0.0], [0.5], [2.0]])
    gram = errors @ errors.T
    shares = least_squares_on_simplex(gram)
    np.testing.assert_allclose(shares.sum(), 1.0)
    assert np.all(shares >= 0)
    best = shares @ gram @ shares
    for other in RANDOM.dirichlet(np.ones(3), 200):
        assert other @ gram @ other >= best - 1e-9


def test_two_independent_errors_count_by_their_inverse():
    # min 1 a^2 + 3 (1 - a)^2 is at a = 3/4.
    np.testing.assert_allclose(
        least_squares_on_simplex(np.diag([1.0, 3.0])), [0.75, 0.25]
    )


def test_a_good_teacher_counts_more_than_noisy_labels_and_a_bad_one():
    random = np.random.default_rng(3)
    x = random.normal(size=(20, 10))
    # Labels are drawn around what the first teacher knows exactly.
    labels = (x[:, 0] + 0.8 * random.normal(size=20) > 0).astype(int)
    p = 1 / (1 + np.exp(-3 * x[:, 0]))
    right = np.stack([1 - p, p], axis=1)
    _, good, bad = imitation_shares(x, labels, [right, 1 - right])
    assert good > 0.9
    assert bad < 0.01


def test_right_labels_need_no_bad_teacher():
    x = RANDOM.normal(size=(40, 2))
    labels = (x[:, 0] > 0).astype(int)
    wrong = 1 - np.eye(2)[labels]
    np.testing.assert_allclose(
        imitation_shares(x, labels, [wrong]), [1.0, 0.0], atol=0.05
    )


def test_features_count_whatever_their_units():
    x = RANDOM.normal(size=(20, 3))
    scaled = _kernel(x * [1.0, 1e3, 1e-3] + [0.0, 5.0, 1.0])
    np.testing.assert_allclose(_kernel(x), scaled, rtol=1e-6, atol=1e-9)
    assert np.all(np.isfinite(_kernel(np.ones((4, 2)))))


def test_what_does_not_fit_is_our_error():
    x, labels = np.zeros((4, 2)), np.array([0, 1, 0, 1])
    scores = np.full((1, 4, 2), 0.5)
    for wrong in (
        (x[:3], labels, scores),
        (x, labels, scores[0]),
        (x, labels + 1, scores),
        (x[:1], labels[:1], scores[:, :1]),
    ):
        with pytest.raises(InputError, match="at least two labelled"):
            imitation_shares(*wrong)
    with pytest.raises(InputError, match="must be finite"):
        imitation_shares(x * np.nan, labels, scores)
    with pytest.raises(InputError, match="penalty"):
        imitation_shares(x, labels, scores, penalty=0.0)
