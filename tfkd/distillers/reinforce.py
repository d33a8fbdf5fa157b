"""A policy over independent decisions, trained by REINFORCE."""

import numpy as np


class Policy:
    """Chooses an option for each decision, and learns from rewards.

    Equation:  p_d = softmax(a_d);  a_d <- a_d + r (R - b) (e_o - p_d)
    Symbols:   a_d one preference an option of decision d; o the option that
               was chosen, e_o its unit vector; R the reward; b the mean of
               all rewards before; r = `rate`.
    Paper:     Williams, *Simple Statistical Gradient-Following Algorithms
               for Connectionist Reinforcement Learning*, Machine Learning 8,
               1992.

    Args:
        sizes: How many options each decision has.
        rate: r > 0.
        seed: Of what is drawn.
    """

    def __init__(self, sizes, *, rate, seed=0):
        self.preferences = [np.zeros(size) for size in sizes]
        self.rate = rate
        self._random = np.random.default_rng(seed)
        self._rewards = []

    def probabilities(self):
        """Returns the probabilities of each decision's options."""
        found = [np.exp(a - a.max()) for a in self.preferences]
        return [e / e.sum() for e in found]

    def sample(self):
        """Returns the number of an option for each decision, a tuple."""
        return tuple(
            int(self._random.choice(len(p), p=p)) for p in self.probabilities()
        )

    def learn(self, choices, rewards):
        """Moves towards choices of more than the usual reward.

        Args:
            choices: What `sample` returned, several times.
            rewards: A number for each.
        """
        usual = np.mean(self._rewards) if self._rewards else np.mean(rewards)
        probabilities = self.probabilities()
        for choice, reward in zip(choices, rewards):
            for a, p, option in zip(self.preferences, probabilities, choice):
                step = -p
                step[option] += 1.0
                a += self.rate * (reward - usual) * step
        self._rewards += list(rewards)
