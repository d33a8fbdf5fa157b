import pathlib
import shutil

import keras
import numpy as np
import pytest

from tfkd import compression
from tfkd import models
from tfkd.compression import ptq
from tfkd.compression.data import CompressionData
from tfkd.errors import InputError
from tfkd.export import Conversion
from tfkd.export import LiteRTModel
from tfkd.export import convert
from tfkd.export import inspect
from tfkd.export import reference


@pytest.fixture(scope="module")
def data():
    """Random bytes, as a camera gives them."""
    images = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 1))
    images = images.astype(np.float32)
    images[0, 0, 0], images[0, 0, 1] = 0, 255
    ids = np.array([f"id-{i}" for i in range(30)])
    return CompressionData(ids, images, (0, 255))


def saved(path, activation):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.Conv2D(4, 3, activation=activation)(x)
    x = keras.layers.Flatten()(x)
    keras.Model(inputs, keras.layers.Dense(3)(x)).save(path)
    return path


@pytest.fixture(scope="module")
def converted(data, tmp_path_factory):
    """Folder of two students and their int8 files, made in one child."""
    folder = tmp_path_factory.mktemp("students")
    convert(
        [
            Conversion(
                model=str(saved(folder / f"{activation}.keras", activation)),
                destination=str(folder / f"{activation}.tflite"),
                mode="int8",
                calibration=data.images,
                allow_float=True,
            )
            for activation in ("relu6", "elu")
        ]
    )
    return folder


@pytest.fixture
def quick(converted, monkeypatch):
    """Recipes take the files of `converted` in place of new conversions."""

    def take(conversions, tmp_dir):
        for conversion in conversions:
            assert conversion.mode == "int8"
            made = pathlib.Path(conversion.model).with_suffix(".tflite")
            shutil.copyfile(made, conversion.destination)

    monkeypatch.setattr(ptq, "convert", take)
    return converted


def compress(student, data, destination):
    return compression.compress(
        student, recipe="int8_ptq", data=data, destination=destination
    )


def test_a_cameras_bytes_go_straight_in(quick, tmp_path, data):
    report = compress(quick / "relu6.keras", data, tmp_path / "m.tflite")
    assert report["fully_integer"]
    assert report["calibration"] == {"examples": 30, "range": [0.0, 255.0]}
    assert report["bytes"] == (tmp_path / "m.tflite").stat().st_size
    model = LiteRTModel(tmp_path / "m.tflite")
    assert (model.input.dtype, model.input.zero_point) == ("uint8", 0)
    # Exact: pixels 0..255 need no arithmetic on the phone.
    assert model.input.scale == 1.0


def test_an_operation_that_stays_in_float_is_named(quick, tmp_path, data):
    with pytest.raises(InputError, match="ELU: use relu or relu6"):
        compress(quick / "elu.keras", data, tmp_path / "m.tflite")


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.full((3, 8, 8, 1), np.nan), "must be finite"),
        (np.zeros((0, 8, 8, 1)), "at least one calibration image"),
        (np.ones((3, 8, 8, 1)), "every pixel of all 3 is 1"),
    ],
)
def test_images_that_cannot_calibrate_are_refused(tmp_path, images, message):
    data = CompressionData(np.arange(len(images)), images, (0, 255))
    (tmp_path / "m.keras").touch()
    with pytest.raises(InputError, match=message):
        compress(tmp_path / "m.keras", data, tmp_path / "m.tflite")


@pytest.mark.slow
def test_every_convolutional_zoo_model_becomes_fully_integer(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3))
    images = images.astype(np.float32)
    requests, built = [], {}
    # Layer normalization has no integer kernel.
    for name in set(models.names()) - {"vit_tiny"}:
        keras.utils.set_random_seed(0)
        built[name] = models.build(
            name, input_shape=(32, 32, 3), num_classes=5, scale=1 / 255
        )
        built[name].save(tmp_path / f"{name}.keras")
        for mode in ("float32", "int8"):
            requests.append(
                Conversion(
                    model=str(tmp_path / f"{name}.keras"),
                    destination=str(tmp_path / f"{name}-{mode}.tflite"),
                    mode=mode,
                    calibration=images if mode == "int8" else None,
                )
            )
    convert(requests, tmp_dir=tmp_path)
    for name, model in built.items():
        path = tmp_path / f"{name}-float32.tflite"
        expected = reference.probabilities(model, images)
        got = LiteRTModel(path).predict(images)
        np.testing.assert_allclose(got, expected, atol=1e-5)
        contents = inspect(tmp_path / f"{name}-int8.tflite")
        assert contents.fully_integer, (name, contents.float_ops)
        assert contents.refused_ops == ()
        LiteRTModel(tmp_path / f"{name}-int8.tflite").predict(images)
