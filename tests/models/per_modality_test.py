import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd.errors import InputError
from tfkd.models import per_modality


def images():
    x, _ = cases.images(4)
    return {"ct": x, "mri": 3 * x + 1}


def test_kernels_are_shared_and_normalizations_are_not():
    model = cases.student()
    found = per_modality.build(model, ("ct", "mri"))
    own = [layer for layer in model.layers if "_bn" in layer.name]
    names = {layer.name for layer in found.layers if "_bn" in layer.name}
    assert names == {
        f"{modality}_{layer.name}"
        for modality in ("ct", "mri")
        for layer in own
    }
    assert found.get_layer("logits") is model.get_layer("logits")
    # Everything once, the four variables of each normalization twice.
    normalizing = 4 * len(own)
    assert len(found.weights) == len(model.weights) + normalizing


def test_a_modality_moves_its_own_statistics():
    found = per_modality.build(cases.student(), ("ct", "mri"))
    found(images(), training=True)
    first, second = (
        np.asarray(found.get_layer(f"{name}_stage1_bn").moving_mean)
        for name in ("ct", "mri")
    )
    assert not np.allclose(first, second)


def test_answers_are_named_and_survive_saving(tmp_path):
    found = per_modality.build(cases.student(), ("ct", "mri"))
    found(images(), training=True)
    before = found(images())
    assert {name: tuple(z.shape) for name, z in before.items()} == {
        "ct": (4, 4),
        "mri": (4, 4),
    }
    found.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert len(loaded.weights) == len(found.weights)
    for name, value in loaded(images()).items():
        np.testing.assert_array_equal(value, before[name])


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="at least two of them"):
        per_modality.build(cases.student(), ("ct",))
    with pytest.raises(InputError, match="a name of its own"):
        per_modality.build(cases.student(), ("ct", "mri", "ct"))
    with pytest.raises(InputError, match="Modalities share"):
        per_modality.build(keras.Sequential([keras.layers.Dense(2)]), "ab")


def test_normalizations_in_nested_models_are_refused():
    norm = keras.layers.BatchNormalization(name="norm")
    body = keras.Sequential([keras.Input((8, 8, 1)), norm], name="body")
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Flatten()(body(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    with pytest.raises(InputError, match=r"shared.* received \['norm'\]"):
        per_modality.build(model, ("ct", "mri"))
