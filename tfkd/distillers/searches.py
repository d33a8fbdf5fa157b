"""How an `ArchitectureSearch` comes to the networks that it tries.

A search has `run(attempt)`, which calls `attempt(name, make, reward)` as often
as it likes (`make` returns a new network, `reward` takes its `Trial`; what was
tried under a name is not tried again) and returns a new network.
"""

import numpy as np

from tfkd import checks
from tfkd import weights
from tfkd.distillers.reinforce import Policy
from tfkd.models import fresh
from tfkd.models import reductions


class Finalists:
    """Networks of a list, each tried once, as a copy.

    Args:
        models: Keras models.
        reward: Called with a `Trial`.
    """

    def __init__(self, models, reward):
        self.models = list(models)
        self.reward = reward

    def run(self, attempt):
        """Returns the network of the largest reward, untrained."""
        rewards = [
            attempt(
                f"candidate{number}",
                lambda m=model: weights.clone(m),
                self.reward,
            )
            for number, model in enumerate(self.models)
        ]
        return self.models[int(np.argmax(rewards))]


class ReinforcedReductions:
    """Reductions of a network, drawn by a policy that learns from rewards.

    Args:
        base: The network.
        decisions: `tfkd.models.reductions.Decision`s.
        reward: Called with a `Trial`.
        iterations: How often the policy learns.
        samples: Reductions an iteration.
        rate: Of the policy, see `Policy`.
        seed: Of what is drawn, and of weights.
        name: Of the trials.

    Attributes:
        policy: A `tfkd.distillers.reinforce.Policy`.
    """

    def __init__(
        self,
        base,
        decisions,
        reward,
        *,
        iterations,
        samples,
        rate,
        seed=0,
        name="reduction",
    ):
        checks.whole(1, iterations=iterations, samples=samples)
        self.base, self.decisions = base, list(decisions)
        self.reward = reward
        self.iterations, self.samples = int(iterations), int(samples)
        self.seed, self.name = seed, name
        sizes = [len(decision.options) for decision in self.decisions]
        self.policy = Policy(sizes, rate=rate, seed=seed)

    def run(self, attempt):
        """Returns the reduction of the largest reward.

        Without a decision to take that is a copy of the network itself.
        """
        rewards = {}
        for _ in range(self.iterations if self.decisions else 0):
            choices = [self.policy.sample() for _ in range(self.samples)]
            for choice in choices:
                rewards[choice] = attempt(
                    f"{self.name}{list(choice)}",
                    lambda choice=choice: self._network(choice),
                    self.reward,
                )
            self.policy.learn(choices, [rewards[c] for c in choices])
        if not rewards:
            return fresh.fresh_copy(self.base, self.seed)
        return self._network(max(rewards, key=rewards.get))

    def _network(self, choice):
        shares = {
            decision.layer: decision.options[option]
            for decision, option in zip(self.decisions, choice)
        }
        return reductions.reduced(self.base, shares, self.seed)


class InTurn:
    """Searches one after the other, each from what the last one found.

    Args:
        base: A network.
        searches: Functions from a network to a search.
    """

    def __init__(self, base, searches):
        self.base, self.searches = base, tuple(searches)

    def run(self, attempt):
        """Returns what the last search found."""
        found = self.base
        for make in self.searches:
            found = make(found).run(attempt)
        return found
