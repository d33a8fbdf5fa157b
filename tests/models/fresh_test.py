import keras
import numpy as np
import pytest

from tfkd import models
from tfkd.errors import InputError
from tfkd.models.fresh import fresh_copy


def network(**arguments):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=3,
        filters=(2, 3),
        strides=(1, 2),
        **arguments,
    )


def same(first, second):
    return all(
        np.array_equal(a, b)
        for a, b in zip(first.get_weights(), second.get_weights(), strict=True)
    )


def test_one_seed_gives_one_network():
    model = network()
    assert same(fresh_copy(model, 1), fresh_copy(model, 1))


def test_other_seeds_give_other_networks_than_the_model():
    model = network()
    copies = [model, fresh_copy(model, 1), fresh_copy(model, 2)]
    assert not same(copies[0], copies[1])
    assert not same(copies[1], copies[2])


def test_layers_of_one_copy_start_apart():
    inputs = keras.Input((4,))
    x = keras.layers.Dense(4, kernel_initializer="glorot_uniform")(inputs)
    outputs = keras.layers.Dense(4)(x)
    first, _, second, _ = fresh_copy(
        keras.Model(inputs, outputs), 0
    ).get_weights()
    assert not np.array_equal(first, second)


def test_taps_keep_their_names_and_the_model_its_weights():
    model = network()
    before = model.get_weights()
    copy = fresh_copy(model, 0, name="assistant")
    assert copy.name == "assistant"
    assert [a.name for a in copy.layers] == [a.name for a in model.layers]
    copy.set_weights([w + 1 for w in before])
    for old, new in zip(before, model.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_dropout_of_a_copy_draws_by_the_seed():
    model = network(dropout=0.5)
    x = np.ones((4, 8, 8, 1), "float32")
    first, second = (fresh_copy(model, 5)(x, training=True) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_model_without_a_graph_is_our_error():
    class Custom(keras.Model):
        def call(self, x):
            return x

    model = Custom()
    model(np.ones((1, 2), "float32"))
    with pytest.raises(InputError, match="cannot be copied"):
        fresh_copy(model, 0)


def test_what_is_no_model_is_our_error():
    with pytest.raises(InputError, match="functional or built Sequential"):
        fresh_copy("cnn", 0)
