import numpy as np

from tfkd.distillers.reinforce import Policy


def test_a_step_is_the_equation():
    policy = Policy([2, 3], rate=0.5)
    policy.learn([(0, 2)], [1.0])
    # The first reward is the usual one: nothing moves.
    assert not any(np.any(a) for a in policy.preferences)
    policy.learn([(0, 2)], [3.0])
    # R - b = 3 - 1 = 2, times 0.5; e - p of (1/2, 1/2) and of thirds.
    np.testing.assert_allclose(policy.preferences[0], [0.5, -0.5])
    np.testing.assert_allclose(policy.preferences[1], [-1 / 3, -1 / 3, 2 / 3])


def test_less_than_usual_is_avoided():
    policy = Policy([2], rate=1.0)
    policy.learn([(0,), (1,)], [0.0, 1.0])
    first, second = policy.probabilities()[0]
    assert first < 0.5 < second


def test_finds_the_best_of_many():
    policy = Policy([2, 2, 4], rate=0.5, seed=1)
    for _ in range(60):
        choices = [policy.sample() for _ in range(5)]
        rewards = [a + (1 - b) + c / 3 for a, b, c in choices]
        policy.learn(choices, rewards)
    assert [int(p.argmax()) for p in policy.probabilities()] == [1, 0, 3]


def test_draws_by_the_seed():
    draws = [
        [Policy([2] * 8, rate=1.0, seed=seed).sample() for _ in range(3)]
        for seed in (0, 0, 1)
    ]
    assert draws[0] == draws[1] != draws[2]
