import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from tfkd import models
from tfkd import taps
from tfkd.errors import InputError

SIZES = {
    "cnn": {"filters": (4, 6, 8)},
    "mlp": {"units": (8, 6, 5)},
    "mobilenet": {"filters": (4, 6, 8)},
    "resnet": {"filters": (4, 6, 8)},
    "vit_tiny": {"width": 8, "patch": 2},
    "wide_resnet": {"depth": 10, "widen": 1, "filters": (4, 6, 8)},
}


def build(name, **arguments):
    return models.build(
        name,
        input_shape=(8, 8, 1),
        num_classes=3,
        **{**SIZES[name], **arguments},
    )


@pytest.mark.parametrize("name", models.names())
def test_stage_names_are_taps_and_outputs_are_logits(name):
    model = build(name)
    stages = taps.stages(model)
    assert stages == [f"stage{i + 1}" for i in range(len(stages))]
    assert len(stages) >= 2
    found = taps.Extractor(model, ["logits", "embedding"]).specs
    assert found["logits"].shape == (None, 3)
    assert len(found["embedding"].shape) == 2
    assert model.output.shape == (None, 3)


@pytest.mark.parametrize("name", models.names())
def test_raw_pixels_are_rescaled_inside(name):
    x = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 1))
    raw = build(name, scale=2 / 255, offset=-1.0)
    plain = build(name)
    plain.set_weights(raw.get_weights())
    np.testing.assert_allclose(
        raw(x.astype("float32")),
        plain((x * 2 / 255 - 1).astype("float32")),
        rtol=1e-3,
        atol=1e-4,
    )


@pytest.mark.parametrize("name", models.names())
def test_logits_stay_in_float32_under_mixed_precision(name):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = build(name)
    finally:
        keras.config.set_dtype_policy(policy)
    assert model.get_layer("logits").compute_dtype == "float32"
    assert model.get_layer(taps.stages(model)[0]).compute_dtype == "float16"


def test_an_unknown_model_lists_the_closest():
    with pytest.raises(InputError, match="resnet"):
        models.build("resnett", input_shape=(8, 8, 1), num_classes=3)


def test_filters_and_strides_must_fit():
    with pytest.raises(ValueError, match="same length"):
        build("cnn", strides=(1,))


@pytest.mark.parametrize(
    ("name", "arguments", "match"),
    [
        ("cnn", {"pool": "max"}, "pool must be 'avg' or None"),
        ("mlp", {"units": ()}, r"mlp needs units, .* received \(\)"),
        ("mlp", {"units": 64}, "mlp needs units, .* received 64"),
        ("resnet", {"filters": ()}, "resnet needs filters"),
        ("resnet", {"blocks_per_stage": 0}, "blocks_per_stage must be"),
        ("mobilenet", {"filters": ()}, "mobilenet needs filters"),
        ("wide_resnet", {"filters": ()}, "wide_resnet needs filters"),
    ],
)
def test_arguments_that_leave_out_a_tap_are_refused(name, arguments, match):
    with pytest.raises(InputError, match=match):
        build(name, **arguments)


def test_names_are_listed_without_importing_keras():
    code = (
        "import sys, json; from tfkd import models, methods;"
        "names = models.names(); methods.names();"
        "methods.signature('hinton_kd');"
        "print(json.dumps([names, 'keras' in sys.modules]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True
    )
    assert json.loads(result.stdout) == [models.names(), False]


def test_squeeze_and_excite_scales_channels_between_zero_and_one():
    model = build("mobilenet", squeeze=2, activation="hard_swish")
    x = np.random.default_rng(0).uniform(0, 1, (3, 8, 8, 1)).astype("float32")
    taken = ["stage2_filter", "stage2_squeeze_expand", "stage2_squeeze"]
    found = taps.Extractor(model, taken)(x)
    before, factor, after = (np.asarray(found[name]) for name in taken)
    # One factor a channel and image, the same at every position.
    assert factor.shape == (3, 1, 1, before.shape[-1])
    assert (factor >= 0).all()
    assert (factor <= 1).all()
    np.testing.assert_allclose(after, before * factor, rtol=1e-6)


def test_a_vision_transformer_sees_patches_and_their_places():
    model = build("vit_tiny", depth=1)
    found = taps.Extractor(model, ["stage1", "stage1_attention"])
    x = np.zeros((1, 8, 8, 1), "float32")
    # 8 x 8 pixels in patches of 2 x 2: 16 of them, and 2 heads.
    read = found(x)
    assert read["stage1"].shape == (1, 16, 8)
    assert read["stage1_attention"].shape == (1, 2, 16, 16)
    shares = np.asarray(read["stage1_attention"])
    np.testing.assert_allclose(shares.sum(-1), 1, rtol=1e-5)
    # Equal patches differ by where they are.
    first, second = np.asarray(read["stage1"])[0, :2]
    assert np.abs(first - second).max() > 1e-4


@pytest.mark.parametrize(
    "arguments",
    [{"patch": 3}, {"patch": 0}, {"width": 7}, {"heads": 0}, {"depth": 0}],
)
def test_sizes_of_a_vision_transformer_must_divide(arguments):
    with pytest.raises(InputError, match="multiples of patch"):
        build("vit_tiny", **arguments)


# In millions, for 100 classes, as published: arXiv:1605.07146 has 0.6 for
# WRN-40-1 and 2.2 for WRN-40-2 with 10 classes, arXiv:1512.03385 0.27 and 0.85
# for ResNet-20 and -56 with 10 classes and shortcuts without weights.
@pytest.mark.parametrize(
    ("name", "arguments", "millions"),
    [
        ("wide_resnet", {"depth": 16, "widen": 2}, 0.70),
        ("wide_resnet", {"depth": 40, "widen": 1}, 0.57),
        ("wide_resnet", {"depth": 40, "widen": 2}, 2.26),
        ("resnet", {"filters": (16, 32, 64), "blocks_per_stage": 3}, 0.28),
        ("resnet", {"filters": (16, 32, 64), "blocks_per_stage": 9}, 0.86),
    ],
)
def test_published_networks_have_their_size(name, arguments, millions):
    model = models.build(
        name, input_shape=(32, 32, 3), num_classes=100, **arguments
    )
    trainable = sum(np.prod(w.shape) for w in model.trainable_weights)
    assert round(trainable / 1e6, 2) == millions


def test_a_wide_resnet_has_as_many_blocks_in_each_stage():
    with pytest.raises(InputError, match="a multiple of 6 .* received 15"):
        models.build(
            "wide_resnet", input_shape=(8, 8, 1), num_classes=3, depth=15
        )
