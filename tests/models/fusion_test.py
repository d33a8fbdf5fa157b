import keras
import numpy as np
import pytest

from tfkd import models
from tfkd import taps
from tfkd.errors import InputError
from tfkd.models import fusion


def cnn(filters=(3, 4), **arguments):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=2,
        filters=filters,
        strides=(1, 2),
        pool="avg",
        **arguments,
    )


def inputs(*shapes):
    return [keras.Input(shape) for shape in shapes]


def test_maps_are_joined_and_classified():
    maps = inputs((4, 4, 3), (4, 4, 3))
    model = keras.Model(maps, fusion.fused_classifier(maps, 5))
    shapes = {w.path.split("/")[0]: w.shape for w in model.trainable_weights}
    assert shapes["fused_each_channel_depthwise"] == (3, 3, 6, 1)
    assert shapes["fused_maps_conv"] == (1, 1, 6, 3)
    found = model([np.ones((2, 4, 4, 3)), np.ones((2, 4, 4, 3))])
    assert found.shape == (2, 5)


def test_a_larger_map_is_brought_to_the_smaller():
    maps = inputs((8, 8, 3), (4, 4, 2))
    model = keras.Model(maps, fusion.fused_classifier(maps, 5))
    # To 4x4x2, joined: 4 channels.
    assert model.get_layer("fused_joined").output.shape == (None, 4, 4, 4)


def test_odd_maps_are_brought_to_the_smaller():
    maps = inputs((7, 7, 3), (3, 3, 2))
    model = keras.Model(maps, fusion.fused_classifier(maps, 5))
    assert model.get_layer("fused_joined").output.shape == (None, 3, 3, 4)
    with pytest.raises(InputError, match="halve to the smallest"):
        fusion.fused_classifier(inputs((6, 6, 3), (5, 5, 2)), 5)


def test_vectors_are_joined_too():
    vectors = inputs((3,), (3,))
    model = keras.Model(vectors, fusion.fused_classifier(vectors, 5))
    assert model([np.ones((2, 3)), np.ones((2, 3))]).shape == (2, 5)


def test_maps_and_vectors_do_not_mix():
    with pytest.raises(InputError, match="taps of one rank"):
        fusion.fused_classifier(inputs((4, 4, 3), (3,)), 5)


def test_side_by_side_sees_the_mean_of_features():
    first, second = cnn(), cnn()
    both = fusion.side_by_side(first, second)
    x = np.random.default_rng(0).uniform(size=(3, 8, 8, 1)).astype("float32")
    one, two = (
        taps.Extractor(model, ["embedding"])(x)["embedding"]
        for model in (first, second)
    )
    found = taps.Extractor(both, ["first", "second", "fused", "logits"])(x)
    np.testing.assert_allclose(found["first"], one, rtol=1e-5)
    np.testing.assert_allclose(found["second"], two, rtol=1e-5)
    mean = (np.array(one) + np.array(two)) / 2
    np.testing.assert_allclose(found["fused"], mean, rtol=1e-5)
    np.testing.assert_allclose(both(x), found["logits"], rtol=1e-5)


def test_networks_that_do_not_fit_are_our_error():
    with pytest.raises(InputError, match="no layer named 'feature'"):
        fusion.side_by_side(cnn(), cnn(), layer="feature")
    with pytest.raises(InputError, match="features of one shape"):
        fusion.side_by_side(cnn(), cnn((3, 5)))


def test_in_the_middle_the_mean_of_both_passes_the_firsts_rest():
    first, second = cnn(), cnn()
    both = fusion.in_the_middle(first, second, layer="stage1")
    x, y = np.random.default_rng(0).uniform(size=(2, 3, 8, 8, 1))
    one = taps.Extractor(first, ["stage1"])(x)["stage1"]
    two = taps.Extractor(second, ["stage1"])(y)["stage1"]
    rest = keras.Model(first.get_layer("stage1").output, first.output)
    expected = rest((np.array(one) + np.array(two)) / 2)
    np.testing.assert_allclose(both([x, y]), expected, rtol=1e-5, atol=1e-6)
    # Equal inputs of equal networks are those of one.
    second.set_weights(first.get_weights())
    both = fusion.in_the_middle(first, second, layer="stage2")
    np.testing.assert_allclose(both([x, x]), first(x), rtol=1e-5, atol=1e-6)


def test_networks_meet_at_layers_of_one_shape_on_every_path():
    with pytest.raises(InputError, match="no layer named 'feature'"):
        fusion.in_the_middle(cnn(), cnn(), layer="feature")
    with pytest.raises(InputError, match="features are of one shape"):
        fusion.in_the_middle(cnn(), cnn((3, 5)), layer="stage2")
    residual = models.build("resnet", input_shape=(8, 8, 1), num_classes=2)
    with pytest.raises(InputError, match="All paths of"):
        fusion.in_the_middle(residual, residual, layer="stage2_a")
