import json

import pipeline_fakes as fakes
import pytest

from tfkd.errors import InputError
from tfkd.pipelines import diagnosed_run
from tfkd.pipelines.runners.local import LocalDagRunner


@pytest.fixture(autouse=True)
def _fresh():
    fakes.calls.clear()
    fakes.behaviour.clear()


def run(root, run_id, **arguments):
    LocalDagRunner().run(
        fakes.build_distillation(root, **arguments), run_id=run_id
    )


def test_the_newest_finished_run_is_found_with_what_it_reused(tmp_path):
    run(tmp_path, "first")
    run(tmp_path, "second", rate=2.0)
    fakes.behaviour["Distillation"] = InputError("No.")
    with pytest.raises(InputError):
        run(tmp_path, "third", rate=4.0)
    store = tmp_path / "metadata.sqlite"
    found = diagnosed_run.find(store)
    assert found.run_id == "second"
    rates = {
        key: json.loads((tmp_path / uri / "model.json").read_text())[1]
        for key, uri in found.uris.items()
        if key != "examples"
    }
    assert rates == {"teacher": 1.0, "control": 3.0, "student": 2.0}
    first = diagnosed_run.find(store, "first")
    assert first.uris["teacher"] == found.uris["teacher"]
    assert first.uris["student"] != found.uris["student"]
    with pytest.raises(InputError, match="it has not: Distillation"):
        diagnosed_run.find(store, "third")
    with pytest.raises(InputError, match="no run 'fourth'"):
        diagnosed_run.find(store, "fourth")


def test_what_a_repeated_run_has_made_last_is_diagnosed(tmp_path):
    for rate in (1.0, 2.0, 1.0):
        run(tmp_path, "nightly", rate=rate)
    found = diagnosed_run.find(tmp_path / "metadata.sqlite")
    text = (tmp_path / found.uris["student"] / "model.json").read_text()
    assert json.loads(text)[1] == 1.0


def test_a_root_without_a_finished_run_is_told(tmp_path):
    fakes.behaviour["TeacherTrainer"] = InputError("No.")
    with pytest.raises(InputError):
        run(tmp_path, "first")
    with pytest.raises(InputError, match="none has. Run the pipeline"):
        diagnosed_run.find(tmp_path / "metadata.sqlite")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Artifacts of a run of small, untrained models."""
    from tests.components import training_artifacts
    from tests.report.diagnosis import synthetic
    from tfkd.training import model_files

    root = tmp_path_factory.mktemp("run")
    (root / "examples").mkdir()
    training_artifacts.write_examples(root / "examples")
    uris = {"examples": str(root / "examples")}
    for role in ("teacher", "control", "student"):
        uris[role] = str(root / role)
        model = synthetic.reader(len(uris))
        model_files.save(model, str(root / role / model_files.SELECTED))
        model_files.write_record(
            uris[role],
            {
                "model": {"name": "cnn"},
                "subset": [0.0, 0.5],
                "num_labels": 12,
                "selected_seed": 3,
                "arguments": {"temperature": 2.0},
            },
        )
    (root / "runs").mkdir()
    record = {"config": {"title": "Rows"}}
    (root / "runs" / "one.json").write_text(json.dumps(record))
    return root, diagnosed_run.DiagnosedRun("one", uris)


def test_a_run_is_diagnosed_as_it_was_trained(finished):
    root, found = finished
    result = diagnosed_run.diagnose(found, root)
    measured = result.measured
    assert result.title == "Rows"
    assert measured.class_names == ("a", "b", "c")
    assert measured.temperature == 2.0
    assert (measured.examples, measured.labelled) == (60, 60)
    # 12 labels of the half of 90 images that the student has seen.
    assert measured.train_labelled == 12
    assert 0 < measured.train_unlabelled < 78 - 12
    assert set(measured.models) == {"teacher", "control", "student"}


@pytest.mark.parametrize(
    ("method", "arguments", "temperature"),
    [
        ("fitnet", {}, 3.0),
        ("fitnet", {"temperature": 8}, 8),
        ("rkd", {}, diagnosed_run.TEMPERATURE),
        ("hinton_kd", {"temperature": None}, diagnosed_run.TEMPERATURE),
        (None, {}, diagnosed_run.TEMPERATURE),
    ],
)
def test_without_a_temperature_a_run_has_its_methods_own(
    method, arguments, temperature
):
    record = {"method": method, "arguments": arguments}
    assert diagnosed_run._temperature(record) == temperature


def test_a_run_without_record_has_its_id_as_title(finished, tmp_path):
    _, found = finished
    assert diagnosed_run.diagnose(found, tmp_path).title == "one"
