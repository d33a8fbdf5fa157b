import keras
import numpy as np
import pytest

from tfkd import models
from tfkd.errors import InputError
from tfkd.models import cheap_convs
from tfkd.models import cosine_head
from tfkd.models import fusion
from tfkd.models import heads
from tfkd.models import prune_channels
from tfkd.models import reductions
from tfkd.models.fresh import fresh_copy
from tfkd.models.rewrite import clone_layers
from tfkd.models.rewrite import replace_kinds
from tfkd.models.rewrite import replace_layers
from tfkd.models.rewrite import with_kernels

X = np.random.default_rng(0).uniform(size=(3, 8, 8, 1)).astype("float32")


def network():
    keras.utils.set_random_seed(0)
    model = models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=2,
        filters=(3, 4),
        strides=(1, 2),
    )
    random = np.random.default_rng(0)
    model.set_weights(
        [random.uniform(0.1, 1, w.shape) for w in model.get_weights()]
    )
    return model


def swish(layer):
    """A convolution with an activation in the place of one without."""
    if not isinstance(layer, keras.layers.Conv2D):
        return None
    config = {**layer.get_config(), "activation": "relu"}
    return keras.layers.Conv2D.from_config(config)


def test_without_replacement_it_is_a_copy():
    model = network()
    copy = replace_layers(model, lambda layer: None)
    np.testing.assert_array_equal(copy(X), model(X))
    assert copy.name == model.name
    assert not {id(w) for w in copy.weights} & {id(w) for w in model.weights}


def test_new_layers_start_with_the_old_weights():
    model = network()
    copy = replace_layers(model, swish)
    assert copy.get_layer("stage1_conv").activation is keras.activations.relu
    for mine, theirs in zip(copy.get_weights(), model.get_weights()):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("wrap", [keras.Sequential, None])
def test_nested_layers_are_replaced_too(wrap):
    inner = network()
    inputs = keras.Input((8, 8, 1))
    if wrap is None:
        outer = keras.Model(inputs, keras.layers.Dense(2)(inner(inputs)))
    else:
        outer = wrap([inputs, inner])
    copy = replace_layers(outer, swish)
    nested = copy.get_layer(inner.name)
    assert nested.get_layer("stage1_conv").activation is keras.activations.relu
    np.testing.assert_array_equal(
        nested.get_layer("stage2_bn").gamma, inner.get_layer("stage2_bn").gamma
    )


def test_layers_are_cloned_with_weights_of_their_own():
    inner = network()
    outer = keras.Sequential([keras.Input((8, 8, 1)), inner], name="outer")
    seen = []

    def clone(layer):
        seen.append(layer.name)
        return layer.__class__.from_config(layer.get_config())

    copy = clone_layers(outer, clone, recursive=True)
    assert copy.name == "outer"
    assert "stage1_conv" in seen
    seen.clear()
    clone_layers(outer, clone)
    assert seen == [inner.name]


def test_layers_of_a_class_become_others_and_get_kernels():
    model = network()
    kinds = {keras.layers.Conv2D: keras.layers.Conv2D}
    copy = replace_kinds(
        model, kinds, without=("dilation_rate",), activation="relu"
    )
    conv = copy.get_layer("stage1_conv")
    assert conv.activation is keras.activations.relu
    with_kernels(
        model,
        copy,
        lambda layer: 2 * layer.kernel if layer.name == "stage1_conv" else None,
    )
    old = model.get_layer("stage1_conv").kernel
    np.testing.assert_allclose(conv.kernel, 2 * np.array(old))
    np.testing.assert_array_equal(
        copy.get_layer("stage2_conv").kernel,
        model.get_layer("stage2_conv").kernel,
    )


def test_a_model_without_a_graph_is_our_error():
    with pytest.raises(InputError, match="functional or built Sequential"):
        replace_layers(keras.Sequential([keras.layers.Dense(2)]), swish)

    class Own(keras.Model):
        def call(self, x):
            return x

    own = Own()
    own.built = True
    with pytest.raises(InputError, match="functional API"):
        replace_layers(own, swish)


@pytest.mark.parametrize(
    "copied",
    [
        lambda model: replace_layers(model, lambda layer: None),
        lambda model: fresh_copy(model, 0),
        lambda model: heads.grow(model, 1, bias_correction=False),
        lambda model: heads.split(model, 2),
        cosine_head.with_cosine_head,
        lambda model: prune_channels.prune_channels(model, {}),
        lambda model: cheap_convs.cheapen(model, groups=1, bottleneck=2),
        lambda model: reductions.reduced(model, {}),
        lambda model: fusion.side_by_side(model, model),
    ],
    ids=[
        "replace",
        "fresh",
        "grow",
        "split",
        "cosine",
        "prune",
        "cheapen",
        "reduce",
        "fuse",
    ],
)
def test_copies_keep_what_normalization_has_adapted_to(copied):
    layers = keras.layers
    pixels = layers.Normalization(name="pixels")
    pixels.adapt(50 + 20 * X)
    inner = keras.Sequential([keras.Input((8, 8, 1)), pixels], name="inner")
    inputs = x = keras.Input((8, 8, 1))
    x = inner(x)
    for name in ("first", "second"):
        x = layers.Conv2D(4, 3, padding="same", name=name)(x)
    x = layers.Flatten(name="embedding")(x)
    model = keras.Model(inputs, layers.Dense(2, name="logits")(x))
    found = [
        layer
        for layer in copied(model)._flatten_layers()
        if isinstance(layer, layers.Normalization)
    ]
    assert found
    for layer in found:
        np.testing.assert_array_equal(layer.mean, pixels.mean)
        np.testing.assert_array_equal(layer(X), pixels(X))
