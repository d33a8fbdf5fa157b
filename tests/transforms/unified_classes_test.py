import tracemalloc

import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import UnifiedClasses

MODES = ("cross_entropy", "matrix_factorization")
SETS = ((0, 1, 2), (2, 3), (3, 4, 0))


def solved(logits, sets=SETS, **arguments):
    """q of a list of logits."""
    arguments.setdefault("iterations", 300)
    transform = UnifiedClasses(sets, **arguments)
    result = np.array(transform([np.float32(z) for z in logits]), "float64")
    q = np.exp(result / arguments.get("temperature", 1.0))
    np.testing.assert_allclose(q.sum(-1), 1.0, rtol=1e-5)
    return q


def restricted(q, sets=SETS):
    """Logits of teachers that see q exactly."""
    return [np.log(q[:, list(s)]) + 0.3 for s in sets]


@pytest.mark.parametrize("mode", MODES)
def test_what_teachers_saw_a_part_of_is_recovered(mode):
    # Each knows a part; over classes 2, 3 and 0 they determine the whole.
    q = np.random.default_rng(0).dirichlet(np.full(5, 4.0), 6)
    np.testing.assert_allclose(
        solved(restricted(q), mode=mode), q, rtol=2e-3, atol=1e-4
    )


def test_two_teachers_of_all_classes_are_averaged():
    # All Q_i are 1: q(l) = sum_i p_i(l) / 2, (1/4 + 3/4) / 2 = 1/2.
    log3 = np.log(3.0)
    q = solved([[[0, log3]], [[log3, 0]]], ((0, 1), (0, 1)))
    np.testing.assert_allclose(q, [[0.5, 0.5]], rtol=1e-6)


def test_one_step_is_the_equation():
    # Start q = 1/3: Q_1 = Q_2 = 2/3. p_1 = (1/4, 3/4) of classes 0, 1 and
    # p_2 = (1/2, 1/2) of classes 1, 2:
    # q(0) = 1/4 * 2/3, q(1) = (3/4 + 1/2) / (2 * 3/2), q(2) = 1/2 * 2/3,
    # that is 1/6, 5/12, 1/3; times 12: 2, 5, 4, of 11.
    q = solved([[[0, np.log(3.0)]], [[0, 0]]], ((0, 1), (1, 2)), iterations=1)
    np.testing.assert_allclose(q, [[2 / 11, 5 / 11, 4 / 11]], rtol=1e-5)


def objective(log_q, logits):
    total = 0.0
    for z, labels in zip(logits, SETS):
        p = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
        part = log_q[:, list(labels)]
        part = part - np.log(np.exp(part).sum(-1, keepdims=True))
        total = total - np.sum(p * part, -1)
    return total


def test_no_other_distribution_has_a_lower_cross_entropy():
    random = np.random.default_rng(1)
    # Teachers that contradict each other.
    logits = [random.normal(size=(4, len(s))) for s in SETS]
    log_q = np.log(solved(logits))
    best = objective(log_q, logits)
    for _ in range(50):
        moved = log_q + 0.1 * random.normal(size=log_q.shape)
        assert np.all(objective(moved, logits) >= best - 1e-6)
    first = np.log(solved(logits, iterations=1))
    assert np.all(objective(first, logits) > best)


def test_factors_are_the_nearest_of_rank_one():
    random = np.random.default_rng(2)
    logits = [random.normal(size=(1, len(s))) for s in SETS]
    p = np.zeros((3, 5))
    known = np.zeros((3, 5))
    for row, (z, labels) in enumerate(zip(logits, SETS)):
        p[row, list(labels)] = np.exp(z[0]) / np.exp(z[0]).sum()
        known[row, list(labels)] = 1
    (u,) = solved(logits, mode="matrix_factorization")

    def error(u):
        v = (p @ u) / (known @ u**2)
        return np.sum((p - known * np.outer(v, u)) ** 2)

    best = error(u)
    for _ in range(50):
        moved = u * np.exp(0.1 * random.normal(size=5))
        assert error(moved) >= best - 1e-7


@pytest.mark.parametrize("mode", MODES)
def test_temperature_softens_the_teachers(mode):
    logits = [np.array([[0.0, 2 * np.log(3.0)]])]
    q = solved(logits, ((0, 1),), mode=mode, temperature=2.0)
    np.testing.assert_allclose(q, [[0.25, 0.75]], rtol=1e-5)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e4])
def test_is_finite_at_extremes(mode, scale):
    random = np.random.default_rng(3)
    logits = [scale * random.normal(size=(4, len(s))) for s in SETS]
    transform = UnifiedClasses(SETS, mode=mode)
    assert np.all(np.isfinite(transform([np.float32(z) for z in logits])))


def test_memory_does_not_grow_with_the_square_of_the_classes():
    count = 4000
    transform = UnifiedClasses((range(count),), iterations=1)
    logits = np.zeros((1, count), "float32")
    tracemalloc.start()
    transform([logits])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # A square of float32 takes 64 MB.
    assert peak < 16e6


def test_round_trip():
    transform = UnifiedClasses(SETS, 2.0, "matrix_factorization", 7)
    config = keras.saving.serialize_keras_object(transform)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == transform.get_config()


@pytest.mark.parametrize("sets", [(), ((0, 1), ()), ((0, 2),), ((0, 0, 1),)])
def test_sets_that_are_none_are_our_error(sets):
    with pytest.raises(InputError, match="class numbers from 0"):
        UnifiedClasses(sets)


def test_other_mistakes_are_our_errors():
    with pytest.raises(InputError, match="order of the logits"):
        UnifiedClasses(((0, 1), (1, 2)))([np.zeros((1, 2)), np.zeros((1, 3))])
    with pytest.raises(InputError, match="Closest: 'cross_entropy'"):
        UnifiedClasses(SETS, mode="cross")
    with pytest.raises(InputError, match="temperature > 0"):
        UnifiedClasses(SETS, temperature=0)
    with pytest.raises(InputError, match="iterations >= 1"):
        UnifiedClasses(SETS, iterations=0)
