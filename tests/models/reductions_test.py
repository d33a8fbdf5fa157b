import keras
import numpy as np
import pytest
from keras import layers

from tfkd import models
from tfkd.errors import InputError
from tfkd.models import reductions


def network():
    """Convolutions of 4, 4 and 6 channels; the second may go."""
    inputs = x = keras.Input((6, 6, 1))
    for name, filters in (("first", 4), ("second", 4), ("third", 6)):
        x = layers.Conv2D(filters, 3, padding="same", name=name)(x)
        x = layers.ReLU(name=f"{name}_relu")(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(3, name="logits")(x))


def test_what_keeps_its_shape_may_go_but_the_first():
    assert reductions.removable(network()) == ["second"]
    assert reductions.removals(network()) == [
        reductions.Decision("second", (0.0, 1.0))
    ]


def test_looking_twice_finds_the_same():
    model = network()
    reductions.shrinkages(model, (1.0,))
    assert reductions.removable(model) == ["second"]


def test_a_shared_layer_stays():
    inputs = keras.Input((4,))
    first = layers.Dense(4)
    shared = layers.Dense(4)
    x = shared(shared(first(inputs)))
    model = keras.Model(inputs, layers.Dense(2)(x))
    assert reductions.removable(model) == []


def test_the_output_stays():
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(4), layers.Dense(4)]
    )
    assert reductions.removable(model) == []


def test_a_residual_branch_may_lose_its_convolutions():
    resnet = models.build(
        "resnet", input_shape=(8, 8, 1), num_classes=3, filters=(4, 8)
    )
    found = reductions.removable(resnet)
    assert found
    smaller = reductions.reduced(resnet, dict.fromkeys(found, 0))
    assert smaller.output_shape == resnet.output_shape
    assert reductions.parameters(smaller) < reductions.parameters(resnet)


def test_convolutions_may_be_narrower():
    found = reductions.shrinkages(network(), (0.5, 1.0))
    names = [decision.layer for decision in found]
    assert names == ["first", "second", "third"]
    assert found[0].options == (0.5, 1.0)


def test_reduces_layers_by_their_shares():
    model = network()
    smaller = reductions.reduced(model, {"first": 0.5, "second": 0, "third": 1})
    assert isinstance(smaller.get_layer("second"), layers.Identity)
    assert smaller.get_layer("first").filters == 2
    # 2 * 9 + 2, 6 * 2 * 9 + 6, and 6 * 36 * 3 + 3 weights.
    assert reductions.parameters(smaller) == 20 + 114 + 651
    x = np.zeros((2, 6, 6, 1), "float32")
    assert smaller(x).shape == model(x).shape


def test_at_least_one_filter_stays():
    smaller = reductions.reduced(network(), {"first": 0.01})
    assert smaller.get_layer("first").filters == 1


def test_weights_are_new_and_those_of_the_seed():
    first, again, other = (
        reductions.reduced(network(), {"second": 0}, seed).get_weights()[0]
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("shares", "match"),
    [
        ({"first": 0}, "layer that can be removed"),
        ({"logits": 0.5}, "layer that can be narrowed"),
    ],
)
def test_what_cannot_be_reduced_is_our_error(shares, match):
    with pytest.raises(InputError, match=match):
        reductions.reduced(network(), shares)


@pytest.mark.parametrize("shares", [(), (0.0, 1.0), (0.5, 1.5)])
def test_shares_out_of_range_are_our_error(shares):
    with pytest.raises(InputError, match="Shares of filters"):
        reductions.shrinkages(network(), shares)
