import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.models.shared_policies import SharedPolicies
from tfkd.models.shared_policies import shared_policies

RANDOM = np.random.default_rng(0)
CART, ARM = RANDOM.normal(size=(5, 4)), RANDOM.normal(size=(5, 2))


def layer(**arguments):
    found = SharedPolicies((0, 0, 1), actions=2, **arguments)
    found.build([(None, 4), (None, 2)])
    return found


def test_actions_are_those_of_policies_from_one_basis():
    found = layer(basis=3, latent=2)
    shared, first, second, codes = (
        np.asarray(w, "float64") for w in found.get_weights()
    )
    expected = [
        CART @ (first @ shared @ codes[0]).reshape(2, 4).T,
        CART @ (first @ shared @ codes[1]).reshape(2, 4).T,
        ARM @ (second @ shared @ codes[2]).reshape(2, 2).T,
    ]
    actions = found([np.float32(CART), np.float32(ARM)])
    for value, right in zip(actions, expected, strict=True):
        np.testing.assert_allclose(value, right, rtol=1e-4, atol=1e-6)


def test_penalties_are_those_of_the_equation():
    found = layer(code_penalty=3.0, projection_penalty=0.5, basis_penalty=0.25)
    shared, first, second, codes = found.get_weights()
    expected = (
        3.0 * np.abs(codes).sum() / 3
        + 0.5 * (np.sum(first**2) + np.sum(second**2))
        + 0.25 * np.sum(shared**2)
    )
    np.testing.assert_allclose(sum(found.losses), expected, rtol=1e-5)


def test_gradient():
    found = layer(dtype="float64")
    assert_gradient(lambda x: found([x, ARM])[1], CART)


def test_a_network_has_an_input_a_kind_and_an_output_a_task():
    model = shared_policies(
        {"cart": 4, "arm": 2}, {"push": "cart", "reach": "arm"}
    )
    found = model({"cart": np.float32(CART), "arm": np.float32(ARM)})
    assert {name: value.shape for name, value in found.items()} == {
        "push": (5, 1),
        "reach": (5, 1),
    }
    copy = keras.models.clone_model(model)
    assert copy.get_layer("shared_policies").kinds == (0, 1)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="no kind of system named 'boat'"):
        shared_policies({"cart": 4}, {"sail": "boat"})
    for wrong in ({"basis": 0}, {"latent": 1.5}, {"code_penalty": -1.0}):
        with pytest.raises(InputError, match="sizes >= 1 and finite"):
            layer(**wrong)
