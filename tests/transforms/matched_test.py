"""What holds for every transform that matches a size."""

import keras
import numpy as np
import pytest

from tfkd.transforms import ConvReLU
from tfkd.transforms import Regressor
from tfkd.transforms import Translator


@pytest.mark.parametrize("kind", [ConvReLU, Regressor, Translator])
def test_a_saved_model_keeps_the_positions(kind, tmp_path):
    layer = kind()
    layer.match((None, 2, 2, 5))
    inputs = keras.Input((4, 4, 3))
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
    assert loaded.output_shape == (None, 2, 2, 5)
    np.testing.assert_allclose(loaded(x), model(x), rtol=1e-5)
