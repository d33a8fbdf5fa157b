"""Students of every kind, converted in one child process, and run."""

import numpy as np
import pytest

from tests.export import students
from tfkd.export import Conversion
from tfkd.export import LiteRTModel
from tfkd.export import convert
from tfkd.export import inspect
from tfkd.export import reference
from tfkd.tasks import digit_scenes

INTEGER = ("mobilenet", "mobilenet_v3", "resnet", "separable", "segmenter")
MODES = ("float16", "dynamic_int8", "int8_signed", "int16x8")


@pytest.fixture(scope="module")
def images():
    return digit_scenes.scenes(24, size=16, objects=1, seed=1).images


@pytest.fixture(scope="module")
def models(images):
    built = {name: students.build(name) for name in students.names()}
    for name, model in built.items():
        if students.task(name) != "raw":
            students.spread(model, images)
    return built


@pytest.fixture(scope="module")
def made(models, images, tmp_path_factory):
    """Folder of the files, `<student>-<mode>.tflite`, and their results."""
    folder = tmp_path_factory.mktemp("students")
    wanted = [(name, "float32", {}) for name in models]
    wanted += [(name, "int8", {}) for name in INTEGER]
    wanted += [("mobilenet", mode, {}) for mode in MODES]
    wanted += [
        ("mobilenet", "int8_selective", {"float_layers": ("stage2_filter",)}),
        ("resnet", "int8_selective", {"sensitive_layers": 2}),
        ("vit_tiny", "dynamic_int8", {}),
        ("vit_tiny", "int8", {"allow_float": True}),
    ]
    for name, model in models.items():
        model.save(folder / f"{name}.keras")
    conversions = [
        Conversion(
            model=str(folder / f"{name}.keras"),
            destination=str(folder / f"{name}-{mode}.tflite"),
            mode=mode,
            task=students.task(name),
            calibration=images if mode.startswith("int") else None,
            **values,
        )
        for name, mode, values in wanted
    ]
    results = convert(conversions)
    return folder, {
        (name, mode): result
        for (name, mode, _), result in zip(wanted, results, strict=True)
    }


def path(made, name, mode="float32"):
    return made[0] / f"{name}-{mode}.tflite"


@pytest.mark.parametrize("name", students.names())
def test_a_float_file_answers_as_keras_does(made, models, images, name):
    got = LiteRTModel(path(made, name)).predict(images)
    if students.task(name) == "raw":
        expected = models[name].predict(images, verbose=0)
    else:
        expected = reference.probabilities(models[name], images)
    assert np.ptp(expected, axis=0).max() > 1e-2
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize("name", students.names())
def test_a_student_is_made_of_builtin_operations(made, name):
    contents = inspect(path(made, name))
    assert contents.refused_ops == ()
    assert len(contents.operations) > 4


@pytest.mark.parametrize("name", INTEGER)
def test_an_int8_file_is_all_integers_and_near(made, models, images, name):
    contents = inspect(path(made, name, "int8"))
    assert contents.fully_integer
    assert contents.float_ops == ()
    got = LiteRTModel(path(made, name, "int8")).predict(images)
    expected = reference.probabilities(models[name], images)
    # Untrained weights use their ranges badly.
    assert np.abs(got - expected).max() < 0.1
    assert np.abs(got - expected).mean() < 0.01


@pytest.mark.parametrize(
    ("mode", "kind", "weights"),
    [
        ("float16", "float32", "FLOAT16"),
        ("dynamic_int8", "float32", "INT8"),
        ("int8_signed", "int8", "INT8"),
        ("int16x8", "int16", "INT8"),
    ],
)
def test_a_mode_has_its_types(made, models, images, mode, kind, weights):
    model = LiteRTModel(path(made, "mobilenet", mode))
    assert (model.input.dtype, model.output.dtype) == (kind, kind)
    contents = inspect(path(made, "mobilenet", mode))
    assert contents.constants[weights] > 0
    assert contents.fully_integer == (kind != "float32")
    expected = reference.probabilities(models["mobilenet"], images)
    assert np.abs(model.predict(images) - expected).max() < 0.02


def test_named_layers_stay_in_float(made):
    result = made[1]["mobilenet", "int8_selective"]
    assert result["float_layers"] == ["stage2_filter"]
    contents = inspect(path(made, "mobilenet", "int8_selective"))
    floats = {
        (op.name, *op.layers)
        for op in contents.operations
        if op.touches_float and "QUANTIZE" not in op.name
    }
    assert floats == {
        (
            "DEPTHWISE_CONV_2D",
            "stage2_filter",
            "stage2_filter_bn",
            "stage2_filter_depthwise",
        )
    }


def test_the_most_sensitive_layers_stay_in_float(made):
    result = made[1]["resnet", "int8_selective"]
    errors = [row["error"] for row in result["sensitivity"]]
    assert len(errors) > 8
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > errors[-1]
    worst = {row["layer"] for row in result["sensitivity"][:2]}
    assert set(result["float_layers"]) == worst
    contents = inspect(path(made, "resnet", "int8_selective"))
    floats = [op.layers for op in contents.operations if op.touches_float]
    assert worst <= {layers[0] for layers in floats if layers}
    model = LiteRTModel(path(made, "resnet", "int8_selective"))
    assert model.input.dtype == "int8"


def test_a_vision_transformer_as_int8_leaves_operations_in_float(made):
    contents = inspect(path(made, "vit_tiny", "int8"))
    assert not contents.fully_integer
    assert contents.constants["INT8"] > 0


def test_what_a_gpu_would_leave_is_known(made):
    def reasons(name, mode):
        rejects = inspect(path(made, name, mode)).gpu_rejects
        return {reject.reason for reject in rejects}

    for name in ("mobilenet", "mobilenet_v3", "resnet", "separable"):
        assert not reasons(name, "float32") | reasons(name, "int8")
    assert reasons("mobilenet", "int16x8") == {"input of type INT16"}
    # UpSampling2D repeats along axes of its own.
    upsampled = inspect(path(made, "segmenter")).gpu_rejects
    assert {reject.name for reject in upsampled} == {"RESHAPE", "TILE"}
    assert all("more than 4 axes" in reject.reason for reject in upsampled)


def test_dense_outputs_keep_their_shape(made):
    segmenter = LiteRTModel(path(made, "segmenter"))
    assert segmenter.output.shape == (1, 16, 16, 11)
    assert segmenter.output.name == "probabilities"
    detector = LiteRTModel(path(made, "detector"))
    # 4 x 4 positions, 2 anchors each; 4 numbers of a box and 10 classes.
    assert detector.output.shape == (1, 32, 14)
    assert detector.output.name == "output"
