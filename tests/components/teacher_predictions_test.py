import json
import pathlib

import numpy as np
import pytest

from tests.components import training_artifacts as small
from tfkd import models
from tfkd.components.base import artifacts
from tfkd.components.base.spec import Channel
from tfkd.components.teacher_predictions import executor
from tfkd.components.teacher_predictions.component import TeacherPredictions
from tfkd.data import predictions
from tfkd.data import records
from tfkd.errors import InputError
from tfkd.training import model_files
from tfkd.training import trainer


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "teacher").mkdir()
    (folder / "examples").mkdir()
    with trainer.seeded(0):
        model = models.build("mlp", input_shape=(4, 4, 1), num_classes=3)
    uri = str(folder / "teacher")
    model_files.save(model, f"{uri}/{model_files.SELECTED}")
    model_files.write_record(
        uri,
        {"model": {}, "model_hash": model_files.model_hash(model)},
    )
    return {
        "examples": small.write_examples(folder / "examples"),
        "teacher": artifacts.Model(uri),
    }


def component(batch_size=256):
    return TeacherPredictions(
        examples=Channel(artifacts.Examples),
        teacher=Channel(artifacts.Model),
        batch_size=batch_size,
    )


def test_refuses_a_batch_of_none():
    with pytest.raises(InputError, match="at least 1, received 0"):
        component(0)


def test_writes_every_example_once_in_the_examples_order(tmp_path, inputs):
    reports = []
    output = small.execute(
        component(batch_size=7),
        inputs,
        tmp_path,
        lambda **values: reports.append(values),
    )
    model = model_files.load(inputs["teacher"].uri)
    for split in ("train", "eval", "test"):
        ids, images, _ = records.load_arrays(inputs["examples"].uri, split)
        found, taps = predictions.load(output.uri, split, example_ids=ids)
        assert len(found) == len(ids)
        np.testing.assert_allclose(
            taps["logits"], model(images), rtol=1e-5, atol=1e-6
        )
    names = [p.name for p in pathlib.Path(output.uri, "Split-train").iterdir()]
    assert sorted(names) == [
        "predictions-00000-of-00002.gz",
        "predictions-00001-of-00002.gz",
    ]
    info = predictions.read_info(output.uri)
    record = model_files.read_record(inputs["teacher"].uri)
    assert info["teacher_hash"] == record["model_hash"]
    assert json.loads(output.properties["split_names"]) == [
        "train",
        "eval",
        "test",
    ]
    assert [r["fraction"] for r in reports] == [n / 6 for n in range(1, 7)]


def test_a_lost_record_is_an_error(tmp_path, inputs, monkeypatch):
    monkeypatch.setattr(
        executor.shards, "map_shards", lambda *args: [{"count": 1}] * 6
    )
    with pytest.raises(RuntimeError, match="45 examples, but 1 predictions"):
        small.execute(component(), inputs, tmp_path)


def test_a_changed_teacher_file_is_noticed(tmp_path, inputs):
    teacher = tmp_path / "teacher"
    teacher.mkdir()
    source = inputs["teacher"].uri
    model_files.save(
        model_files.load(source), f"{teacher}/{model_files.SELECTED}"
    )
    model_files.write_record(
        str(teacher), {"model": {}, "model_hash": "0" * 64}
    )
    changed = {**inputs, "teacher": artifacts.Model(str(teacher))}
    with pytest.raises(InputError, match="000000000000 .*file was changed"):
        small.execute(component(), changed, tmp_path)


def test_logits_that_are_not_finite_name_the_example(tmp_path, inputs):
    teacher = tmp_path / "teacher"
    teacher.mkdir()
    model = model_files.load(inputs["teacher"].uri)
    weights = [np.full_like(w, np.nan) for w in model.get_weights()]
    model.set_weights(weights)
    model_files.save(model, f"{teacher}/{model_files.SELECTED}")
    model_files.write_record(
        str(teacher), {"model": {}, "model_hash": model_files.model_hash(model)}
    )
    broken = {**inputs, "teacher": artifacts.Model(str(teacher))}
    with pytest.raises(InputError, match="45 of 45 .*first is train-000"):
        small.execute(component(), broken, tmp_path)
