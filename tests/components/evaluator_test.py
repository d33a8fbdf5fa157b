import json
import pathlib
import shutil

import numpy as np
import pytest

from tfkd import metrics
from tfkd.components.base import artifacts
from tfkd.components.base.spec import Channel
from tfkd.components.evaluator import baseline
from tfkd.components.evaluator import executor
from tfkd.components.evaluator.component import Evaluator
from tfkd.data import records
from tfkd.errors import InputError
from tfkd.export import LiteRTModel

CHANNELS = {
    "examples": Channel(artifacts.Examples),
    "teacher": Channel(artifacts.Model),
    "control": Channel(artifacts.Model),
    "student": Channel(artifacts.Model),
    "tflite": Channel(artifacts.TFLiteModel),
}


@pytest.fixture(scope="module")
def evaluation(blessed):
    path = pathlib.Path(blessed.evaluation.uri, "metrics.json")
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def predictions(blessed):
    path = pathlib.Path(blessed.evaluation.uri, "predictions.npz")
    with np.load(path) as arrays:
        return dict(arrays)


def test_unknown_threshold_is_refused_at_construction():
    with pytest.raises(InputError, match="Closest: 'min_accuracy'"):
        Evaluator(**CHANNELS, thresholds={"min_acuracy": 0.9})


def test_accuracy_in_percent_is_refused_at_construction():
    with pytest.raises(InputError, match="from 0 to 1, received 95"):
        Evaluator(**CHANNELS, thresholds={"min_accuracy": 95})


def test_a_bootstrap_without_samples_is_refused():
    with pytest.raises(InputError, match="bootstrap_samples must be at least"):
        Evaluator(**CHANNELS, thresholds={}, bootstrap_samples=0)


def test_executor_is_found():
    component = Evaluator(**CHANNELS, thresholds={"min_accuracy": 0.9})
    assert component.executor_class() is executor.Executor


def test_every_model_is_measured_completely(evaluation):
    models = evaluation["models"]
    assert sorted(models) == ["control", "student", "student_int8", "teacher"]
    assert evaluation["test_examples"] == 200
    for model in models.values():
        low, high = model["accuracy_interval"]
        assert low <= model["accuracy"] <= high
        assert np.sum(model["confusion_matrix"]) == 200
        assert sum(model["reliability"]["count"]) == 200
        assert model["gzip_bytes"] > 0
        assert np.isfinite([model["ece"], model["nll"], model["brier"]]).all()
    assert models["teacher"]["agreement_with_teacher"] == 1.0
    assert models["student_int8"]["bytes"] < models["student"]["bytes"]


def test_every_seed_is_measured(edge_inputs, evaluation):
    _, images, labels = records.load_arrays(edge_inputs.examples.uri, "test")
    control = evaluation["models"]["control"]
    accuracies = [
        np.mean(model.predict(images, verbose=0).argmax(axis=1) == labels)
        for model in edge_inputs.keras["control"].values()
    ]
    measured = list(control["seed_accuracies"].values())
    np.testing.assert_allclose(measured, accuracies)
    assert list(control["seed_accuracies"]) == ["0", "1"]
    assert control["accuracy_mean"] == pytest.approx(np.mean(accuracies))
    assert control["accuracy_std"] == pytest.approx(np.std(accuracies, ddof=1))
    student = evaluation["models"]["student"]
    assert student["accuracy"] > control["accuracy_mean"] + 0.2


def test_int8_accuracy_is_that_of_the_exported_file(
    edge_inputs, edge_tflite, evaluation, predictions
):
    _, images, labels = records.load_arrays(edge_inputs.examples.uri, "test")
    path = pathlib.Path(edge_tflite.tflite.uri, "int8", "model.tflite")
    answers = LiteRTModel(path).predict(images)
    np.testing.assert_array_equal(
        answers, predictions["student_int8_probabilities"]
    )
    accuracy = metrics.accuracy(answers, labels)
    assert evaluation["models"]["student_int8"]["accuracy"] == accuracy


def test_predictions_carry_ids_labels_and_images(edge_inputs, predictions):
    ids, images, labels = records.load_arrays(edge_inputs.examples.uri, "test")
    np.testing.assert_array_equal(predictions["example_ids"], ids)
    np.testing.assert_array_equal(predictions["images"], images)
    np.testing.assert_array_equal(predictions["labels"], labels)
    for name in ("teacher", "control", "student"):
        sums = predictions[f"{name}_probabilities"].sum(axis=1)
        np.testing.assert_allclose(sums, 1, rtol=1e-5)


def test_bounds_that_hold_bless(blessed, evaluation):
    folder = pathlib.Path(blessed.blessing.uri)
    assert (folder / "BLESSED").read_bytes() == b""
    assert not (folder / "NOT_BLESSED").exists()
    assert evaluation["blessed"] is True
    assert [check["passed"] for check in evaluation["checks"]] == [True] * 2
    properties = blessed.blessing.custom_properties
    assert properties.pop("current_model").endswith("student")
    assert properties.pop("current_tflite").endswith("tflite")
    assert properties == {
        "blessed": 1,
        "current_model_id": 6,
        "current_tflite_id": 7,
    }


def test_one_broken_bound_withholds_the_blessing(evaluate):
    outputs = evaluate({"min_agreement": 1, "max_accuracy_drop": 1})
    folder = pathlib.Path(outputs.blessing.uri)
    assert (folder / "NOT_BLESSED").is_file()
    assert not (folder / "BLESSED").exists()
    assert outputs.blessing.custom_properties["blessed"] == 0
    values = json.loads((folder / "blessing.json").read_text())
    failed = [c["name"] for c in values["checks"] if not c["passed"]]
    assert failed == ["min_agreement"]
    assert list(values["sha256"]) == ["int8"]
    assert "Raise the weight" in outputs.messages[-1]["message"]


def test_models_that_were_not_exported_are_refused(evaluate, edge_inputs):
    with pytest.raises(InputError, match="'float32' must come from the model"):
        evaluate({"min_accuracy": 0.1}, student=edge_inputs.control)


def test_a_variant_that_was_not_exported_is_named(evaluate):
    with pytest.raises(InputError, match="Closest: 'int8'"):
        evaluate({"min_accuracy": 0.1}, variant="int9")


def test_a_variant_with_answers_that_are_no_numbers_is_named(
    evaluate, monkeypatch
):
    def predict(self, images):
        return np.full((len(images), 10), np.nan)

    monkeypatch.setattr(LiteRTModel, "predict", predict)
    with pytest.raises(InputError, match="^student_int8: .* NaN or infinity"):
        evaluate({"min_accuracy": 0.1})


def test_the_judged_file_is_compared_with_the_float_student(
    evaluation, predictions
):
    assert evaluation["judged"] == "student_int8"
    models = evaluation["models"]
    judged, student = models["student_int8"], models["student"]
    drop = student["accuracy"] - judged["accuracy"]
    assert judged["accuracy_drop"] == pytest.approx(drop)
    low, high = judged["accuracy_drop_interval"]
    assert low <= drop <= high
    same = predictions["student_int8_probabilities"].argmax(axis=1) == (
        predictions["student_probabilities"].argmax(axis=1)
    )
    assert judged["agreement_with_float"] == same.mean()


def test_another_variant_can_be_judged(evaluate):
    outputs = evaluate({"max_accuracy_drop": 0}, variant="float32")
    path = pathlib.Path(outputs.evaluation.uri, "metrics.json")
    evaluation = json.loads(path.read_text())
    assert evaluation["judged"] == "student"
    assert evaluation["models"]["student"]["accuracy_drop"] == 0
    assert evaluation["blessed"]


GAIN = {"min_gain_over_baseline": 0.0}


def check_of(output):
    path = pathlib.Path(output.evaluation.uri, "metrics.json")
    found = json.loads(path.read_text())
    (check,) = found["checks"]
    return found, check


def test_a_gain_needs_a_baseline():
    with pytest.raises(InputError, match="'min_gain_over_baseline' needs a"):
        Evaluator(**CHANNELS, thresholds=GAIN)
    Evaluator(
        **CHANNELS,
        thresholds=GAIN,
        baseline_model=Channel(artifacts.TFLiteModel),
    )


def test_the_first_model_needs_no_gain(evaluate):
    output = evaluate(GAIN)
    found, check = check_of(output)
    assert found["baseline"] is None
    assert (check["passed"], check["value"]) == (True, None)
    assert output.blessing.custom_properties["blessed"] == 1


def test_the_last_blessed_model_must_be_beaten(evaluate, edge_tflite):
    same = {"baseline_model": edge_tflite.tflite}
    found, check = check_of(evaluate(GAIN, **same))
    assert (check["passed"], check["value"]) == (True, 0.0)
    judged = found["models"]["student_int8"]["accuracy"]
    assert found["baseline"]["accuracy"] == judged
    assert found["baseline"]["gain_interval"] == [0.0, 0.0]
    output = evaluate({"min_gain_over_baseline": 0.01}, **same)
    assert not check_of(output)[1]["passed"]
    assert output.blessing.custom_properties["blessed"] == 0
    assert output.blessing.custom_properties["baseline_model_id"] == 7


def test_a_baseline_of_other_classes_is_refused(
    evaluate, edge_inputs, edge_tflite, tmp_path
):
    folder = tmp_path / "int8"
    shutil.copytree(pathlib.Path(edge_tflite.tflite.uri, "int8"), folder)
    values = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**values, "labels": ["x"]}))
    other = artifacts.TFLiteModel(str(tmp_path))
    with pytest.raises(InputError, match="it knows the classes ..x"):
        evaluate(GAIN, baseline_model=other)
    values["input"]["value_range"] = [0.0, 1.0]
    (folder / "model.json").write_text(json.dumps(values))
    info = records.read_info(edge_inputs.examples.uri)
    with pytest.raises(InputError, match="it takes pixels from 0 to 1"):
        baseline.measure(other.uri, "int8", info, (None, None), None, 50)
    empty = artifacts.TFLiteModel(str(tmp_path / "int8"))
    with pytest.raises(InputError, match="it has no variant 'int8'"):
        evaluate(GAIN, baseline_model=empty)
