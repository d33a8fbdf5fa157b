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
