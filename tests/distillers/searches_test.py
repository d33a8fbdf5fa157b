import keras
import pytest
from keras import layers

from tests.distillers.distiller_test import dense
from tfkd.distillers import searches
from tfkd.errors import InputError
from tfkd.models import reductions


def network():
    inputs = x = keras.Input((4, 4, 1))
    for number in range(3):
        x = layers.Conv2D(4, 3, padding="same", name=f"conv{number}")(x)
    return keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x)))


class Attempts:
    """Rewards networks by their size alone, and counts."""

    def __init__(self):
        self.names = []

    def __call__(self, name, make, reward):
        self.names.append(name)
        return reward(make())


def test_the_best_of_a_list_comes_back_untouched():
    models = [dense((units,)) for units in (3, 7, 5)]
    attempt, seen = Attempts(), []

    def reward(model):
        seen.append(model)
        return model.count_params()

    found = searches.Finalists(models, reward).run(attempt)
    assert found is models[1]
    assert attempt.names == ["candidate0", "candidate1", "candidate2"]
    # Copies were tried.
    assert not {id(m) for m in seen} & {id(m) for m in models}
    for copy, model in zip(seen, models):
        assert (copy.get_weights()[0] == model.get_weights()[0]).all()


def reduce(decisions=None, **arguments):
    base = network()
    return searches.ReinforcedReductions(
        base,
        reductions.removals(base) if decisions is None else decisions,
        lambda model: -model.count_params(),
        **{"iterations": 6, "samples": 4, "rate": 1.0, **arguments},
    )


def test_the_best_reduction_comes_back():
    attempt = Attempts()
    found = reduce().run(attempt)
    kinds = [type(layer).__name__ for layer in found.layers[1:4]]
    assert kinds == ["Conv2D", "Identity", "Identity"]
    assert len(attempt.names) == 6 * 4
    tried = {f"reduction[{a}, {b}]" for a in (0, 1) for b in (0, 1)}
    assert set(attempt.names) <= tried


def test_without_a_decision_the_network_stays():
    found = reduce(decisions=[]).run(Attempts())
    assert found.count_params() == network().count_params()


def test_each_search_starts_from_what_the_last_one_found():
    def narrower(base):
        assert len(reductions.removable(base)) < 2
        return searches.ReinforcedReductions(
            base,
            reductions.shrinkages(base, (0.5, 1.0)),
            lambda model: -model.count_params(),
            iterations=6,
            samples=4,
            rate=1.0,
            name="narrower",
        )

    found = searches.InTurn(network(), (lambda _: reduce(), narrower)).run(
        Attempts()
    )
    # One convolution of 2 filters, and 32 * 3 + 3 weights behind it.
    assert found.count_params() == 2 * 9 + 2 + 99


@pytest.mark.parametrize("name", ["iterations", "samples"])
def test_too_few_of_either_are_our_error(name):
    with pytest.raises(InputError, match=f"{name} must be"):
        reduce(**{name: 0})
