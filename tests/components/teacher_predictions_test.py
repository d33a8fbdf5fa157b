import json
import pathlib
import re
import shutil

import numpy as np
import pytest

from tests.components import training_artifacts as small
from tfkd import models
from tfkd.components.base import artifacts
from tfkd.components.base.spec import Channel
from tfkd.components.teacher_predictions.component import TeacherPredictions
from tfkd.data import augment
from tfkd.data import predictions
from tfkd.data import records
from tfkd.errors import InputError
from tfkd.taps import Extractor
from tfkd.training import inference
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


def component(**values):
    return TeacherPredictions(
        examples=Channel(artifacts.Examples),
        teacher=Channel(artifacts.Model),
        **values,
    )


def files_of(folder):
    """Relative path to content of every file below."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in pathlib.Path(folder).rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batch_size": 0}, "at least 1, received 0"),
        ({"format": {"format": "topk"}}, "Closest: 'top_k'"),
        ({"augmentation": {"views": 3}}, "3 views .* must differ"),
    ],
)
def test_mistakes_are_found_at_construction(values, message):
    with pytest.raises(InputError, match=message):
        component(**values)


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
        found = predictions.load(output.uri, split)
        assert found.ids.tolist() == ids.tolist()
        found.check_images(images, "uint8")
        np.testing.assert_allclose(
            found.dense()["logits"], model(images), rtol=1e-5, atol=1e-6
        )
    names = [p.name for p in pathlib.Path(output.uri, "Split-train").iterdir()]
    assert sorted(names) == [
        "predictions-00000-of-00002",
        "predictions-00001-of-00002",
    ]
    record = model_files.read_record(inputs["teacher"].uri)
    predictions.check_teacher(output.uri, record["model_hash"])
    assert json.loads(output.properties["split_names"]) == [
        "train",
        "eval",
        "test",
    ]
    assert reports[-1]["fraction"] == 1.0
    assert reports[-1]["message"] == "6 of 6 shards"


def test_the_largest_logits_and_an_embedding_are_stored_side_by_side(
    tmp_path, inputs
):
    format = {
        "format": "top_k",
        "k": 2,
        "temperature": 1.0,
        "dtype": "float16",
        "taps": ("logits", "embedding"),
    }
    output = small.execute(component(format=format), inputs, tmp_path)
    _, images, _ = records.load_arrays(inputs["examples"].uri, "train")
    model = model_files.load(inputs["teacher"].uri)
    expected = Extractor(model, ["logits", "embedding"])(images)
    found = predictions.load(output.uri, "train").dense()
    # Two of three classes: the third is all the others.
    for name in ("logits", "embedding"):
        np.testing.assert_allclose(
            found[name], expected[name], rtol=2**-10, atol=1e-6
        )


def test_views_of_training_images_are_what_the_teacher_answered(
    tmp_path, inputs
):
    policy = {"views": 2, "shift": 1, "horizontal_flip": True, "seed": 9}
    output = small.execute(component(augmentation=policy), inputs, tmp_path)
    ids, images, _ = records.load_arrays(inputs["examples"].uri, "train")
    model = model_files.load(inputs["teacher"].uri)
    found = predictions.load(output.uri, "train")
    for view in range(2):
        seeds = augment.seeds(ids, 9, view)
        np.testing.assert_array_equal(found.seeds[:, view], seeds)
        np.testing.assert_allclose(
            found.dense(view)["logits"],
            model(augment.view(images, seeds, policy)),
            rtol=1e-5,
            atol=1e-6,
        )
    assert predictions.load(output.uri, "eval").policy is None


def test_the_example_of_the_guide_trains_without_the_teacher(tmp_path, inputs):
    format = {"format": "top_k", "k": 2}
    output = small.execute(component(format=format), inputs, tmp_path)
    guide = pathlib.Path(__file__).parents[2] / "docs/guides/teacher_cache.md"
    (code,) = re.findall(r"```python\n(.*?)```", guide.read_text(), re.S)
    names = {
        "PREDICTIONS": output.uri,
        "EXAMPLES": inputs["examples"].uri,
        "IMAGE_SHAPE": (4, 4, 1),
        "CLASSES": small.CLASSES,
    }
    exec(code, names)
    first, last = names["history"].history["soft_targets"]
    assert last < first
    # 90 examples in batches of 64, twice.
    assert names["distiller"].optimizer.iterations == 4


def test_a_killed_execution_goes_on_with_the_missing_shards(
    tmp_path, inputs, monkeypatch
):
    straight = small.execute(component(), inputs, tmp_path / "straight")
    computed = []
    predict = inference._predict

    class Kill(Exception):
        pass

    def count(task):
        computed.append(task["target"])
        if len(computed) == 4:
            raise Kill
        return predict(task)

    monkeypatch.setattr(inference, "_predict", count)
    folder = tmp_path / "killed"
    with pytest.raises(Exception, match="Kill"):
        small.execute(component(), inputs, folder)
    assert len(computed) == 4
    first = set(computed[:3])
    # A power cut has left one of the three shards half written.
    damaged = pathlib.Path(computed[0])
    damaged.write_bytes(damaged.read_bytes()[:-7])
    shutil.rmtree(folder / "out")
    shutil.rmtree(folder / "tmp")
    computed[:] = computed[4:] + [""] * 10
    resumed = small.execute(component(), inputs, folder)
    again = set(computed[10:])
    assert len(again) == 4
    assert again & first == {str(damaged)}
    assert files_of(resumed.uri) == files_of(straight.uri)


def test_of_examples_that_have_grown_only_new_shards_are_computed(
    tmp_path, inputs, monkeypatch
):
    computed = []
    predict = inference._predict
    monkeypatch.setattr(
        inference,
        "_predict",
        lambda task: computed.append(task["source"]) or predict(task),
    )
    small.execute(component(), inputs, tmp_path / "nightly")
    assert len(computed) == 6
    shutil.rmtree(tmp_path / "nightly" / "out")
    grown = tmp_path / "grown"
    shutil.copytree(inputs["examples"].uri, grown)
    new = records.shard_path(str(grown), "train", 2, 3)
    images = np.ones((5, 4, 4, 1), "uint8")
    records.write_shard(
        new, (records.to_example(f"n{i}", images[i], 0) for i in range(5))
    )
    info = records.read_info(str(grown))
    info["splits"]["train"]["num_examples"] += 5
    info["splits"]["train"]["shards"].append(
        {"file": pathlib.Path(new).name, "num_examples": 5}
    )
    records.write_info(str(grown), info)
    computed.clear()
    given = {**inputs, "examples": artifacts.Examples(str(grown))}
    kept = small.execute(component(), given, tmp_path / "nightly")
    assert computed == [new]
    fresh = small.execute(component(), given, tmp_path / "fresh")
    assert files_of(kept.uri) == files_of(fresh.uri)


def test_a_tap_that_does_not_exist_names_the_closest(tmp_path, inputs):
    format = {"taps": ("logits", "embeding")}
    with pytest.raises(InputError, match="Closest: 'embedding'"):
        small.execute(component(format=format), inputs, tmp_path)


def test_a_lost_record_is_an_error(tmp_path, inputs, monkeypatch):
    read = records.read_shard

    def lossy(path, count, **values):
        for batch in read(path, count, **values):
            yield {name: rows[1:] for name, rows in batch.items()}

    monkeypatch.setattr(inference.records, "read_shard", lossy)
    with pytest.raises(RuntimeError, match="must give 45 records, 44 were"):
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
