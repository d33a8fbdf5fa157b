import keras
import numpy as np
import pytest

from tfkd import models
from tfkd.errors import InputError
from tfkd.models import heads
from tfkd.models.bias_correction import BiasCorrection
from tfkd.tasks import segmentation

X = np.random.default_rng(0).uniform(size=(3, 8, 8, 1)).astype("float32")


def network():
    return models.build(
        "cnn", input_shape=(8, 8, 1), num_classes=2, filters=(2,), strides=(1,)
    )


def test_keeps_the_old_logits_and_shares_no_weight():
    old = network()
    grown = heads.grow(old, 3)
    before = old.predict(X, verbose=0)
    found = grown.predict(X, verbose=0)
    assert found.shape == (3, 5)
    np.testing.assert_allclose(found[:, :2], before, rtol=1e-6)
    for weight in grown.trainable_variables:
        weight.assign(weight + 1.0)
    np.testing.assert_array_equal(old.predict(X, verbose=0), before)


def test_a_softmax_at_the_end_gives_way_to_logits():
    old = network()
    scores = keras.layers.Softmax()(old.output)
    grown = heads.grow(keras.Model(old.inputs, scores), 1)
    np.testing.assert_allclose(
        grown.predict(X, verbose=0)[:, :2], old.predict(X, verbose=0), rtol=1e-6
    )


def test_a_sequential_model_without_bias_grows():
    old = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(2, use_bias=False),
        ]
    )
    grown = heads.grow(old, 1, bias_correction=False, name="grown")
    assert grown.name == "grown"
    assert heads.correction(grown) is None
    np.testing.assert_allclose(
        grown.predict(X, verbose=0)[:, :2], old.predict(X, verbose=0), rtol=1e-6
    )


def test_a_segmenter_grows_at_every_pixel():
    old = segmentation.model(
        input_shape=(8, 8, 1), num_classes=2, filters=(2, 3)
    )
    grown = heads.grow(old, 3, bias_correction=False)
    found = grown.predict(X, verbose=0)
    assert found.shape == (3, 8, 8, 5)
    np.testing.assert_allclose(
        found[..., :2], old.predict(X, verbose=0), rtol=1e-5, atol=1e-6
    )


def test_a_softmax_inside_of_the_last_layer_gives_way_to_logits():
    inputs = keras.Input((3,))
    last = keras.layers.Dense(2, activation="softmax", name="logits")
    old = keras.Model(inputs, last(inputs))
    grown = heads.grow(old, 1, bias_correction=False)
    x = np.float32([[1, -2, 3]])
    expected = x @ np.asarray(last.kernel) + np.asarray(last.bias)
    np.testing.assert_allclose(grown(x)[:, :2], expected, rtol=1e-6)


def test_corrects_a_range_of_classes():
    layer = BiasCorrection(1, 3)
    layer.build((None, 4))
    layer.alpha.assign(2.0)
    layer.beta.assign(-1.0)
    found = layer(np.float32([[1, 2, 3, 4]]))
    np.testing.assert_array_equal(found, [[1, 3, 5, 4]])
    assert not layer.trainable_variables


def test_survives_saving(tmp_path):
    grown = heads.grow(network(), 2)
    heads.correction(grown).alpha.assign(0.5)
    grown.save(tmp_path / "grown.keras")
    loaded = keras.saving.load_model(tmp_path / "grown.keras")
    np.testing.assert_array_equal(
        loaded.predict(X, verbose=0), grown.predict(X, verbose=0)
    )


@pytest.mark.parametrize("count", [0, 1.5])
def test_rejects_no_new_class(count):
    with pytest.raises(InputError, match="whole number >= 1"):
        heads.grow(network(), count)


def test_rejects_other_ends():
    model = network()
    body = keras.Model(model.inputs, model.get_layer("stage1").output)
    with pytest.raises(InputError, match="ends in a Dense layer"):
        heads.grow(body, 1)


def test_rejects_no_range():
    with pytest.raises(InputError, match="0 <= start < stop"):
        BiasCorrection(2, 2)


def test_rejects_too_few_logits():
    with pytest.raises(InputError, match="at least 3 classes"):
        BiasCorrection(1, 3)(np.ones((1, 2), "float32"))


def test_heads_start_as_copies_of_the_one_that_is_split():
    old = network()
    divided = heads.split(old, 3)
    z = old.predict(X, verbose=0)
    expected = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    found = divided.predict(X, verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    names = [layer.name for layer in divided.layers]
    assert {"head1", "head2", "head3", "logits"} <= set(names)
    assert not {id(w) for w in old.weights} & {id(w) for w in divided.weights}


def test_fewer_than_two_heads_are_our_error():
    with pytest.raises(InputError, match="heads must be"):
        heads.split(network(), 1)


def test_heads_are_regularized_as_the_one_they_are_copies_of():
    dense = keras.layers.Dense(2, kernel_regularizer="l2", name="logits")
    model = keras.Sequential([keras.Input((4,)), dense])
    assert len(heads.split(model, 3).losses) == 3
