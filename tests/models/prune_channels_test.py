import keras
import numpy as np
import pytest

from tfkd import models
from tfkd.errors import InputError
from tfkd.models.prune_channels import prunable
from tfkd.models.prune_channels import prune_channels
from tfkd.models.prune_channels import select
from tfkd.models.prune_channels import used
from tfkd.models.quantized import quantized
from tfkd.tasks import segmentation

X = np.random.default_rng(0).uniform(size=(3, 8, 8, 1)).astype("float32")


def cnn(**arguments):
    return models.build(
        "cnn",
        **{
            "input_shape": (8, 8, 1),
            "num_classes": 2,
            "filters": (4, 6, 8),
            **arguments,
        },
    )


def silenced(model, kept):
    """Gives removed channels no effect: normalization scales them to 0."""
    for name, channels in kept.items():
        norm = model.get_layer(name.replace("_conv", "_bn"))
        gone = np.ones(norm.gamma.shape, bool)
        gone[channels] = False
        for weight in (norm.gamma, norm.beta):
            weight.assign(np.where(gone, 0.0, weight))
    return model


def shaken(model):
    """Gives every weight another value, normalization included."""
    random = np.random.default_rng(1)
    model.set_weights(
        [w + random.uniform(0.1, 0.3, w.shape) for w in model.get_weights()]
    )
    return model


@pytest.mark.parametrize("pool", [None, "avg"])
def test_channels_without_effect_can_go(pool):
    model = shaken(cnn(pool=pool))
    kept = select(model, keep=0.5)
    assert {n: len(c) for n, c in kept.items()} == {
        "stage1_conv": 2,
        "stage2_conv": 3,
        "stage3_conv": 4,
    }
    expected = silenced(model, kept)(X)
    small = prune_channels(model, kept)
    np.testing.assert_allclose(small(X), expected, rtol=1e-5, atol=1e-5)
    assert small.get_layer("stage2_conv").kernel.shape == (3, 3, 2, 3)


def test_depthwise_convolutions_follow():
    model = shaken(
        models.build(
            "mobilenet", input_shape=(8, 8, 1), num_classes=2, filters=(4, 6)
        )
    )
    # The stem is added to stage 1's end, which has as many channels.
    assert prunable(model) == [
        "stage1_expand_conv",
        "stage2_expand_conv",
        "stage2_project_conv",
    ]
    kept = select(model, keep=0.5)
    small = prune_channels(model, kept)
    expected = model
    for name, channels in kept.items():
        stem = name.removesuffix("_conv")
        norms = [f"{stem}_bn", f"{stem.replace('expand', 'filter')}_bn"]
        for norm in dict.fromkeys(norms):
            layer = expected.get_layer(norm)
            gone = np.ones(layer.gamma.shape, bool)
            gone[channels] = False
            for weight in (layer.gamma, layer.beta):
                weight.assign(np.where(gone, 0.0, weight))
    np.testing.assert_allclose(small(X), expected(X), rtol=1e-4, atol=1e-4)


def test_sums_keep_their_channels():
    model = models.build(
        "resnet", input_shape=(8, 8, 1), num_classes=2, filters=(4, 6)
    )
    assert prunable(model) == ["stage1_a_conv", "stage2_a_conv"]


def test_joined_maps_are_followed():
    model = shaken(
        segmentation.model(input_shape=(8, 8, 1), num_classes=3, filters=(4, 6))
    )
    kept = {"stage1_conv": [1, 3], "stage2_conv": [0, 2, 5]}
    small = prune_channels(model, kept)
    expected = silenced(model, kept)(X)
    np.testing.assert_allclose(small(X), expected, rtol=1e-4, atol=1e-4)


def test_the_strongest_are_selected():
    model = cnn(batch_normalization=False)
    conv = model.get_layer("stage1_conv")
    kernel = np.zeros(conv.kernel.shape)
    # Sums of magnitudes 3, 2, 0, 1; norms 3, sqrt(2), 0, 1.
    kernel[0, 0, 0] = [3, 1, 0, -1]
    kernel[0, 1, 0, 1] = -1
    conv.kernel.assign(kernel)
    assert select(model, keep=0.5)["stage1_conv"] == [0, 1]
    assert select(model, threshold=1.0)["stage1_conv"] == [0, 1, 3]
    assert select(model, threshold=1.2)["stage1_conv"] == [0, 1]
    assert select(model, threshold=9.0)["stage1_conv"] == [0]
    assert select(model, keep=0.01)["stage1_conv"] == [0]


def test_channels_that_nobody_reads_are_found():
    model = cnn()
    for name, weight in (("stage2_conv", 2), ("stage3_conv", 4)):
        kernel = np.array(model.get_layer(name).kernel)
        kernel[:, :, weight] = 0
        model.get_layer(name).kernel.assign(kernel)
    kernel = np.array(model.get_layer("logits").kernel)
    kernel.reshape(-1, 8, 2)[:, 3] = 0
    model.get_layer("logits").kernel.assign(kernel)
    assert used(model) == {
        "stage1_conv": [0, 1, 3],
        "stage2_conv": [0, 1, 2, 3, 5],
        "stage3_conv": [0, 1, 2, 4, 5, 6, 7],
    }
    small = prune_channels(model, used(model))
    np.testing.assert_allclose(small(X), model(X), rtol=1e-5, atol=1e-5)


def test_sequential_and_shared_layers():
    shared = keras.layers.Conv2D(3, 3, padding="same", name="shared")
    last = keras.layers.Conv2D(3, 3, name="last")
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            last,
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    assert prunable(model) == ["last"]
    small = prune_channels(model, {"last": [0]})
    assert small.get_layer("last").filters == 1
    inputs = keras.Input((8, 8, 3))
    outputs = keras.layers.Flatten()(shared(shared(inputs)))
    assert prunable(keras.Model(inputs, outputs)) == []


def test_a_mistake_is_our_error():
    model = cnn()
    with pytest.raises(InputError, match="'stage1_conv'"):
        prune_channels(model, {"stage1_con": [0]})
    for wrong in ([], [4], [-1]):
        with pytest.raises(InputError, match="at least one of 0 to 3"):
            prune_channels(model, {"stage1_conv": wrong})
    for wrong in ({}, {"keep": 1.5}, {"keep": 0.5, "threshold": 0.1}):
        with pytest.raises(InputError, match="keep, in"):
            select(model, **wrong)


def test_scalars_of_a_quantized_convolution_stay():
    model = quantized(cnn(), weights=8, activations=8, keep=())
    small = prune_channels(model, {"stage1_conv": [0]})
    assert small.get_layer("stage1_conv").filters == 1
    assert small.get_layer("stage1_conv").low.shape == ()
