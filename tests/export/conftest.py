"""One small model and its `.tflite` files, converted once in one child."""

import types

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from tfkd.export import Conversion
from tfkd.export import convert
from tfkd.export import package

LABELS = [f"digit {digit}" for digit in range(10)]


@pytest.fixture(scope="session")
def digits():
    return load_digits().images[:300, ..., None].astype(np.float32)


@pytest.fixture(scope="session")
def model(digits):
    """Batch normalization, a residual, raw pixels; trained for a second."""
    keras.utils.set_random_seed(1)
    image = keras.Input((8, 8, 1))
    x = keras.layers.Rescaling(1 / 16)(image)
    x = keras.layers.Conv2D(8, 3, padding="same", use_bias=False)(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.ReLU(6.0)(x)
    x = keras.layers.Add()(
        [x, keras.layers.DepthwiseConv2D(3, padding="same")(x)]
    )
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dense(10)(x)
    model = keras.Model(image, x)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    labels = load_digits().target[: len(digits)]
    model.fit(digits, labels, epochs=8, verbose=0)
    return model


@pytest.fixture(scope="session")
def files(model, digits, tmp_path_factory):
    """Paths: `keras`, `float32`, `int8`, and `again`, another `int8`."""
    folder = tmp_path_factory.mktemp("files")
    model.save(folder / "model.keras")
    made = {
        "float32": Conversion(
            model=str(folder / "model.keras"),
            destination=str(folder / "float32.tflite"),
        )
    }
    for name in ("int8", "again"):
        made[name] = Conversion(
            model=str(folder / "model.keras"),
            destination=str(folder / f"{name}.tflite"),
            mode="int8",
            calibration=digits[:100],
        )
    results = convert(made.values())
    return types.SimpleNamespace(
        keras=folder / "model.keras",
        results=results,
        **{name: folder / f"{name}.tflite" for name in made},
    )


@pytest.fixture(scope="session")
def packed(files, digits, tmp_path_factory):
    """Folder and description of the int8 file's package."""
    folder = tmp_path_factory.mktemp("packed") / "int8"
    description = package.write(
        folder,
        files.int8,
        labels=LABELS,
        value_range=(0.0, 16.0),
        provenance={"recipe": "int8_ptq"},
        sample=digits[:4],
    )
    return types.SimpleNamespace(folder=folder, description=description)
