import numpy as np
import pytest

from tests.distillers.distiller_test import dense
from tests.methods.outlook.tgsa_test import X
from tests.methods.outlook.tgsa_test import Y
from tests.methods.outlook.tgsa_test import network
from tests.methods.reinforcement import n2n_test
from tfkd.errors import InputError
from tfkd.models import reductions


def build(**arguments):
    return n2n_test.build("outlook_nas_rl", **arguments)


def test_the_reward_is_accuracy_less_the_price_of_the_weights():
    model = build(cost=0.5)
    found = n2n_test.children(model)
    model.search(X, Y)
    _, judges = model._split(X, Y)
    whole = reductions.parameters(network((4, 4, 4)))
    for child, reward in zip(found.values(), model.trials.values()):
        answers = child.predict(X[judges], verbose=0).argmax(axis=1)
        price = 0.5 * reductions.parameters(child) / whole
        np.testing.assert_allclose(
            reward, np.mean(answers == Y[judges]) - price
        )


def test_a_layer_that_may_go_may_also_be_narrower():
    model = build(shares=(0.5, 1.0))
    search = model._search(model.student)
    options = [decision.options for decision in search.decisions]
    # The first convolution stays.
    assert options == [(0.5, 1.0), (0.0, 0.5, 1.0), (0.0, 0.5, 1.0)]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": dense((3,)), "student": dense((4,))}, "has none"),
        ({"student": network((4, 4), classes=4)}, "score the same"),
        ({"cost": -1.0}, "cost of outlook_nas_rl"),
        ({"samples": 0}, "samples must be"),
        ({"policy_rate": 0.0}, "policy_rate of outlook_nas_rl"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
