import os
import pathlib

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from tfkd import compression
from tfkd import models
from tfkd.compression import proof
from tfkd.compression.data import CompressionData
from tfkd.errors import InputError
from tfkd.export import LiteRTModel
from tfkd.export import inspect

RECIPES = (
    "float16",
    "int8_ptq",
    "int8_qat",
    "int8_qat_alone",
    "int8_2by4_qat",
    "int8_pruned",
    "int8_pruned_clustered_qat",
    "int4_ptq",
    "int4_qat",
)
TRAINING = {"epochs": 4, "clusters": 8}


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    images = data.images[..., None].astype(np.float32)
    return (
        images[:600],
        data.target[:600],
        images[600:900],
        data.target[600:900],
    )


def fitted(digits, epochs, **arguments):
    keras.utils.set_random_seed(0)
    model = models.build(
        "cnn", input_shape=(8, 8, 1), num_classes=10, scale=1 / 16, **arguments
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(5e-3), loss)
    model.fit(digits[0], digits[1], epochs=epochs, verbose=0)
    return model


@pytest.fixture(scope="module")
def student(digits):
    return fitted(digits, 10, filters=(4, 8), strides=(1, 2))


@pytest.fixture(scope="module")
def teacher(digits):
    return fitted(digits, 10, filters=(16, 32), strides=(1, 2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("compressed")


@pytest.fixture(scope="module")
def messages():
    return []


@pytest.fixture(scope="module")
def reports(digits, student, teacher, folder, messages):
    before = dict(os.environ)
    found = compression.compress_all(
        student,
        recipes=RECIPES,
        data=digits[:2],
        teacher=teacher,
        training=TRAINING,
        destinations={name: folder / name / "m.tflite" for name in RECIPES},
        options=compression.Options(
            report=lambda **values: messages.append(values),
            backup_dir=str(folder / "backup"),
        ),
    )
    assert dict(os.environ) == before
    return found


def test_recipes_come_in_the_order_they_were_asked_for(reports):
    assert tuple(reports) == RECIPES


@pytest.mark.parametrize("name", RECIPES)
def test_each_file_runs_and_answers_like_the_student(
    reports, folder, digits, student, name
):
    images, labels = digits[2:]
    answers = LiteRTModel(folder / name / "m.tflite").predict(images).argmax(1)
    logits = student.predict(images, verbose=0)
    accuracy = np.mean(logits.argmax(1) == labels)
    assert accuracy > 0.85
    # Two standard errors of 300 images; pruning half of it costs some more.
    allowed = 0.12 if "pruned" in name or "2by4" in name else 0.04
    assert np.mean(answers == labels) > accuracy - allowed


@pytest.mark.parametrize("name", RECIPES[1:])
def test_all_but_float16_are_integer_throughout(reports, folder, name):
    contents = inspect(folder / name / "m.tflite")
    assert contents.fully_integer
    assert contents.dtypes.get("INT4", 0) == (3 if "int4" in name else 0)
    assert reports[name]["bytes"] == contents.num_bytes
    model = LiteRTModel(folder / name / "m.tflite")
    assert (model.input.name, model.input.dtype) == ("image", "uint8")
    assert model.output.scale == 1 / 256


def test_float16_halves_the_weights(reports, folder):
    contents = inspect(folder / "float16" / "m.tflite")
    assert contents.constants["FLOAT16"] > 2 * 1600
    assert not reports["float16"]["fully_integer"]


def test_zeros_are_in_the_file(reports, folder):
    for name in ("int8_pruned", "int8_pruned_clustered_qat"):
        assert reports[name]["proof"]["sparsity"] >= 0.5 - 1e-3
    # The first convolution has 36 weights only.
    assert reports["int8_pruned"]["proof"]["patterned"] == 2
    assert reports["int8_pruned"]["proof"]["distinct"] is None
    kernels = proof.kernels(folder / "int8_2by4_qat" / "m.tflite")
    assert [kernel.two_by_four for kernel in kernels] == [False, True, True]


def test_few_values_are_in_the_file(reports, folder):
    name = "int8_pruned_clustered_qat"
    kernels = proof.kernels(folder / name / "m.tflite")
    assert max(kernel.distinct for kernel in kernels) <= 8
    assert reports[name]["proof"]["distinct"] <= 8


def test_the_carried_model_was_proven_equal(reports):
    parity = reports["int8_qat"]["parity"]
    assert set(parity) == {"carried", "rewritten"}
    assert 0 <= max(parity.values()) <= 1e-5


def test_a_report_says_what_was_done(reports):
    (stage,) = reports["int8_qat"]["stages"]
    # 10 steps of 64 cover 600 images.
    assert (stage["name"], stage["epochs"]) == ("quantize", 4)
    assert stage["steps"] == 40
    assert reports["int8_qat"]["taught"]
    assert not reports["int8_qat_alone"]["taught"]
    assert reports["int8_qat"]["training"]["temperature"] == 4.0
    assert reports["int8_ptq"]["stages"] == []
    assert reports["int8_ptq"]["calibration"] == {
        "examples": 200,
        "range": [0.0, 16.0],
    }


def test_recipes_share_the_stages_they_begin_with(reports):
    (pruned,) = reports["int8_pruned"]["stages"]
    first, *rest = reports["int8_pruned_clustered_qat"]["stages"]
    assert first == pruned
    assert [stage["name"] for stage in rest] == ["cluster", "quantize"]


def test_long_work_shows_progress(reports, messages):
    part = "int8_qat: quantization-aware training"
    shown = [m for m in messages if m["message"] == part]
    fractions = [m["fraction"] for m in shown if "fraction" in m]
    assert fractions == [0.25, 0.5, 0.75, 1.0]
    assert {"epoch", "loss"} <= set(shown[0])


def test_a_second_run_goes_on_from_the_backup(
    reports, digits, student, teacher, folder, tmp_path
):
    messages = []
    path = folder / "int8_qat" / "m.tflite"
    compression.compress(
        student,
        recipe="int8_qat",
        data=digits[:2],
        teacher=teacher,
        training=TRAINING,
        destination=tmp_path / "again.tflite",
        options=compression.Options(
            report=lambda **values: messages.append(values),
            backup_dir=str(folder / "backup"),
        ),
    )
    assert not any("epoch" in message for message in messages)
    assert (tmp_path / "again.tflite").read_bytes() == path.read_bytes()


# What is wrong is said before any child starts.


def refused(match, **changes):
    images = np.random.default_rng(0).uniform(0, 16, (30, 8, 8, 1))
    arguments = {
        "student": pathlib.Path("there.keras"),
        "recipe": "int8_qat",
        "data": (images, np.zeros(30, int)),
        "teacher": np.zeros((30, 10)),
        "destination": "nowhere/x.tflite",
        **changes,
    }
    with pytest.raises(InputError, match=match):
        compression.compress(arguments.pop("student"), **arguments)


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("there.keras").touch()


def test_each_recipe_needs_a_file_of_its_own(nowhere):
    pathlib.Path("folder").mkdir()
    refused("'folder' is a folder", destination="folder")
    for paths in ({}, {"int8_ptq": "a", "float16": "a"}):
        with pytest.raises(InputError, match="a file of its own for each"):
            compression.compress_all(
                "there.keras",
                recipes=("int8_ptq", "float16"),
                data=None,
                destinations=paths,
            )


def test_a_layer_of_your_own_needs_its_module():
    class Mine(keras.layers.Dense):
        pass

    model = keras.Sequential([keras.Input((4,)), Mine(3, name="mine")])
    refused("'mine' is a Mine of your own.*Options", student=model)


def test_what_is_no_model_is_refused():
    refused("keras.Model or the path of a .keras file", student=np.zeros(3))


def test_a_missing_student_is_refused(nowhere):
    refused("'nowhere.keras' does not exist", student="nowhere.keras")


def test_compressing_twice_is_refused(nowhere):
    refused("converted already cannot be compressed", student="x.tflite")


def test_training_without_labels_is_refused(nowhere):
    images = np.random.default_rng(0).uniform(0, 16, (30, 8, 8, 1))
    refused("'int8_qat' trains, and needs training images", data=images)


def test_distilling_without_a_teacher_is_refused(nowhere):
    refused("needs a teacher; none was given.*'int8_qat_alone'", teacher=None)


def test_a_control_without_labels_is_refused(nowhere):
    images = np.random.default_rng(0).uniform(0, 16, (30, 8, 8, 1))
    data = (images, np.full(30, -1))
    refused("needs labels", recipe="int8_qat_alone", data=data)


def test_images_that_cannot_calibrate_are_refused(nowhere):
    for images, match in (
        (np.zeros((0, 8, 8, 1)), "images and as many labels"),
        (np.zeros((9, 8, 8, 1)), "every pixel of all 9 is 0"),
        (np.full((9, 8, 8, 1), np.nan), "must be finite"),
        (np.zeros((9, 64)), "count, height, width"),
    ):
        labels = np.zeros(len(images), int)
        refused(match, data=(images, labels), recipe="int8_qat_alone")


def test_wrongly_scaled_images_are_refused(nowhere):
    images = np.random.default_rng(0).uniform(0, 1, (30, 8, 8, 1))
    data = CompressionData(np.arange(30), images, (0, 255))
    refused("must be raw pixels", recipe="int8_ptq", data=data)


def test_a_wrong_setting_is_refused(nowhere):
    refused("Closest: 'epochs'", training={"epoch": 3})
    assert not pathlib.Path("nowhere").exists()
