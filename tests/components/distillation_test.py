import json
import pathlib
import shutil

import numpy as np
import pytest

from tests.components import training_artifacts as small
from tfkd.components.base import artifacts
from tfkd.components.base.spec import Channel
from tfkd.components.distillation.component import Distillation
from tfkd.components.teacher_predictions.component import TeacherPredictions
from tfkd.components.teacher_trainer.component import TeacherTrainer
from tfkd.data import predictions
from tfkd.errors import InputError
from tfkd.training import distil
from tfkd.training import model_files
from tfkd.training import trainer

EXAMPLES = Channel(artifacts.Examples)
TEACHER = Channel(artifacts.Model)
PREDICTIONS = Channel(artifacts.TeacherPredictions)
CNN = {
    "name": "cnn",
    "arguments": {"filters": [4, 4], "strides": [1, 2], "dropout": 0.2},
}
TRAIN = {"epochs": 3, "batch_size": 32}


def component(**values):
    values = {
        "examples": EXAMPLES,
        "student": CNN,
        "train": TRAIN,
        "num_labels": 9,
        "seeds": (0, 1),
        **values,
    }
    return Distillation(**values)


def distillation(method="hinton_kd", **values):
    return component(
        method=method, teacher=TEACHER, predictions=PREDICTIONS, **values
    )


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "examples").mkdir()
    given = {"examples": small.write_examples(folder / "examples")}
    teacher = TeacherTrainer(
        examples=EXAMPLES, teacher=CNN, train={"epochs": 3, "batch_size": 16}
    )
    given["teacher"] = small.execute(teacher, given, folder / "teacher")
    given["predictions"] = small.execute(
        TeacherPredictions(examples=EXAMPLES, teacher=TEACHER),
        given,
        folder / "predictions",
    )
    return given


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"method": "hinton_dk", "teacher": TEACHER}, "Closest: 'hinton_kd'"),
        ({"method": "hinton_kd"}, "needs a teacher"),
        (
            {
                "method": "hinton_kd",
                "teacher": TEACHER,
                "arguments": {"temprature": 2},
            },
            "Closest: 'temperature'",
        ),
        (
            {"method": "n2n", "teacher": TEACHER},
            "'n2n' looks for a student of its own",
        ),
        ({"teacher": TEACHER}, "no teacher .* received teacher"),
        ({"arguments": {"weight": 1}}, "no arguments; received arguments"),
        ({"seeds": ()}, "seeds must be different"),
        ({"seeds": (1, 1)}, "seeds must be different"),
        ({"seeds": (-1,)}, "seeds must be different"),
        ({"num_labels": 0}, "at least one a class, received 0"),
        ({"train": {}}, "must hold 'epochs'"),
        ({"student": {"name": "cn"}}, "zoo model for student"),
        ({"augmentation": {"views": 2}}, "2 views of an example must differ"),
    ],
)
def test_mistakes_are_found_at_construction(values, message):
    with pytest.raises(InputError, match=message):
        component(**values)


def test_student_and_control_share_labels_weights_and_budget(
    tmp_path, inputs, monkeypatch
):
    calls = []

    def spy(model, x, y, **values):
        student = getattr(model, "student", model)
        calls.append((x, y, student.get_weights(), values))
        return {"epoch": []}

    monkeypatch.setattr(trainer, "train", spy)
    small.execute(distillation(seeds=[4]), inputs, tmp_path / "a")
    small.execute(
        component(seeds=[4]), {"examples": inputs["examples"]}, tmp_path / "b"
    )
    (x, y, weights, values), (control_x, control_y, control_weights, other) = (
        calls
    )
    # 90 examples, of which 9 show their label; the control has those 9.
    assert len(y) == 90
    assert (y >= 0).sum() == len(control_y) == 9
    assert np.array_equal(x["student"][y >= 0], control_x)
    assert np.array_equal(y[y >= 0], control_y)
    assert x["cached"]["logits"].shape == (90, 3)
    assert all(map(np.array_equal, weights, control_weights))
    for name in ("examples_per_epoch", "epochs", "batch_size", "seed"):
        assert values[name] == other[name]
    assert values["examples_per_epoch"] == 90


def test_selects_the_best_seed_and_keeps_all(tmp_path, inputs):
    reports = []
    output = small.execute(
        distillation(), inputs, tmp_path, lambda **v: reports.append(v)
    )
    record = small.record(output)
    assert record["role"] == "student"
    assert record["method"] == "hinton_kd"
    assert (record["num_labels"], record["num_unlabelled"]) == (9, 81)
    teacher = small.record(inputs["teacher"])
    assert record["teacher_hash"] == teacher["model_hash"]
    accuracies = {run["seed"]: run["eval_accuracy"] for run in record["runs"]}
    best = max(accuracies, key=lambda s: (accuracies[s], -s))
    assert record["selected_seed"] == best
    selected = model_files.load(output.uri)
    assert model_files.model_hash(selected) == record["model_hash"]
    split = distil.run_data.load(inputs["examples"].uri, "eval")
    for seed, expected in accuracies.items():
        model = model_files.load(output.uri, seed=seed)
        found = trainer.accuracy(model, split.images, split.labels)
        assert found == expected
    history = record["runs"][0]["history"]
    assert {"loss", "task_loss", "soft_targets", "val_accuracy"} < set(history)
    assert reports[-1]["fraction"] == 1.0
    assert reports[0]["message"] == "seed 0, 1 of 2"


def test_a_killed_distillation_ends_with_the_same_bytes(tmp_path, inputs):
    straight = small.execute(distillation(), inputs, tmp_path / "straight")

    class Kill(Exception):
        pass

    def kill(**values):
        # In the middle of the second seed.
        if values["message"].startswith("seed 1") and values["epoch"] == "2/3":
            raise Kill

    with pytest.raises(Kill):
        small.execute(distillation(), inputs, tmp_path / "killed", kill)
    shutil.rmtree(tmp_path / "killed" / "out")
    seen = []
    resumed = small.execute(
        distillation(),
        inputs,
        tmp_path / "killed",
        lambda **values: seen.append((values["message"], values["epoch"])),
    )
    assert seen == [("seed 1, 2 of 2", "3/3")]
    for path in pathlib.Path(straight.uri).rglob("*.*"):
        other = pathlib.Path(resumed.uri) / path.relative_to(straight.uri)
        assert other.read_bytes() == path.read_bytes(), path.name


def test_the_teacher_runs_where_the_cache_does_not_suffice(tmp_path, inputs):
    output = small.execute(
        distillation("fitnet", seeds=[0]), inputs, tmp_path / "features"
    )
    history = small.record(output)["runs"][0]["history"]
    assert np.isfinite(history["loss"]).all()
    live = component(method="hinton_kd", teacher=TEACHER, seeds=[0])
    given = {key: inputs[key] for key in ("examples", "teacher")}
    found = small.record(small.execute(live, given, tmp_path / "live"))
    cached = small.record(
        small.execute(distillation(seeds=[0]), inputs, tmp_path / "cached")
    )
    np.testing.assert_allclose(
        found["runs"][0]["history"]["loss"],
        cached["runs"][0]["history"]["loss"],
        rtol=1e-3,
    )


def test_predictions_of_another_teacher_are_refused(tmp_path, inputs):
    folder = tmp_path / "predictions"
    shutil.copytree(inputs["predictions"].uri, folder)
    info = predictions.read_info(str(folder)) | {"teacher_hash": "f" * 64}
    (folder / "predictions.json").write_text(json.dumps(info))
    wrong = artifacts.TeacherPredictions(str(folder))
    with pytest.raises(InputError, match="made by ffffffffffff"):
        small.execute(
            distillation(), {**inputs, "predictions": wrong}, tmp_path
        )


def test_predictions_of_other_examples_are_refused(tmp_path, inputs):
    (tmp_path / "more").mkdir()
    more = small.write_examples(tmp_path / "more", train=99)
    with pytest.raises(InputError, match="9 of 99 are missing .*train-090"):
        small.execute(distillation(), {**inputs, "examples": more}, tmp_path)


def test_predictions_of_changed_images_are_refused(tmp_path, inputs):
    (tmp_path / "changed").mkdir()
    changed = small.write_examples(tmp_path / "changed", seed=1)
    with pytest.raises(InputError, match="has seen another image"):
        small.execute(distillation(), {**inputs, "examples": changed}, tmp_path)


def stored(inputs, folder, **values):
    """The inputs, with predictions that are stored in another way."""
    component = TeacherPredictions(examples=EXAMPLES, teacher=TEACHER, **values)
    return {**inputs, "predictions": small.execute(component, inputs, folder)}


def test_a_student_learns_from_the_largest_logits(tmp_path, inputs, caplog):
    format = {"format": "top_k", "k": 2, "dtype": "float16"}
    given = stored(inputs, tmp_path / "stored", format=format)
    short = distillation(seeds=[0], train={"epochs": 1})
    record = small.record(small.execute(short, given, tmp_path / "short"))
    assert not caplog.records
    dense = small.record(small.execute(short, inputs, tmp_path / "dense"))
    # With two of three classes, the third is all the others: nothing is lost.
    np.testing.assert_allclose(
        record["runs"][0]["history"]["loss"],
        dense["runs"][0]["history"]["loss"],
        rtol=2e-3,
    )


@pytest.fixture
def batches(monkeypatch):
    """What trainings were given, instead of being trained."""
    found = []

    def spy(model, x, y, *, prepare=None, **values):
        found.append((model, x, y, prepare))
        return {"epoch": []}

    monkeypatch.setattr(trainer, "train", spy)
    return found


def test_student_and_control_see_the_views_that_the_teacher_saw(
    tmp_path, inputs, batches
):
    policy = {"views": 3, "shift": 1, "horizontal_flip": True, "seed": 4}
    given = stored(inputs, tmp_path / "stored", augmentation=policy)
    runs = distillation(seeds=[4], augmentation=policy)
    small.execute(runs, given, tmp_path / "student")
    control = component(seeds=[4], augmentation=policy)
    small.execute(
        control, {"examples": inputs["examples"]}, tmp_path / "control"
    )
    (_, x, y, prepare), (_, other, _, prepare_other) = batches
    teacher = model_files.load(inputs["teacher"].uri)
    seen = []
    # Epoch 3 is view 0 again.
    for epoch in (0, 1, 2, 3):
        batch = prepare(x, epoch)
        np.testing.assert_allclose(
            teacher(batch["student"]),
            batch["cached"]["logits"],
            rtol=1e-4,
            atol=1e-5,
        )
        images = prepare_other(other, epoch)
        np.testing.assert_array_equal(images, batch["student"][y >= 0])
        seen.append(np.array(batch["student"]))
    assert (seen[0] != seen[1]).any()
    np.testing.assert_array_equal(seen[0], seen[3])


@pytest.mark.parametrize(
    ("temperature", "text"), [(8.0, "get too much"), (1.0, "get too little")]
)
def test_a_temperature_that_the_rest_was_not_kept_for_is_told(
    tmp_path, inputs, batches, caplog, temperature, text
):
    format = {"format": "top_k", "k": 2}
    given = stored(inputs, tmp_path / "stored", format=format)
    arguments = {"temperature": temperature}
    small.execute(distillation(seeds=[0], arguments=arguments), given, tmp_path)
    assert text in caplog.text
    assert f"predictions.temperature={temperature:g}" in caplog.text


def test_predictions_of_other_views_are_refused(tmp_path, inputs):
    shifted = distillation(augmentation={"shift": 1})
    with pytest.raises(InputError, match="the same augmentation"):
        small.execute(shifted, inputs, tmp_path)


def test_a_method_that_needs_embeddings_gets_stored_ones(
    tmp_path, inputs, batches
):
    format = {"taps": ("embedding", "stage1")}
    given = stored(inputs, tmp_path / "stored", format=format)
    small.execute(distillation("rkd", seeds=[0]), given, tmp_path / "relations")
    small.execute(distillation(seeds=[0]), given, tmp_path / "logits")
    (model, x, _, prepare), (_, plain, _, no_prepare) = batches
    assert model.teacher_taps == ("embedding",)
    assert set(x["cached"]) == {"embedding"}
    assert set(prepare(x, 0)["cached"]) == {"embedding"}
    # Logits are not stored: the teacher runs.
    assert isinstance(plain, np.ndarray)
    assert no_prepare is None


def test_arguments_that_do_not_fit_are_reported(tmp_path, inputs):
    wrong = distillation("fitnet", arguments={"teacher_tap": "stag1"})
    with pytest.raises(InputError, match="Closest: 'stage1'"):
        small.execute(wrong, inputs, tmp_path)


def warm(**values):
    """A component whose students go on from earlier ones, for one step."""
    return distillation(
        base_model=TEACHER,
        train={**TRAIN, "epochs": 1, "learning_rate": 1e-9},
        **values,
    )


def test_each_seed_goes_on_from_the_same_seed_of_the_last_run(tmp_path, inputs):
    first = small.execute(distillation(), inputs, tmp_path / "first")
    given = {**inputs, "base_model": first}
    second = small.execute(warm(seeds=[1, 5]), given, tmp_path / "second")
    # The last run had no seed 5: its selected student is gone on from.
    for seed, base in ((1, 1), (5, None)):
        before = model_files.load(first.uri, base).trainable_weights
        after = model_files.load(second.uri, seed).trainable_weights
        for old, new in zip(before, after, strict=True):
            np.testing.assert_allclose(old, new, atol=1e-6)
    found = small.record(second)
    assert found["base_model_hash"] == small.record(first)["model_hash"]


def test_another_student_cannot_be_gone_on_from(tmp_path, inputs):
    other = {"name": "cnn", "arguments": {"filters": [2], "strides": [1]}}
    given = {**inputs, "base_model": inputs["teacher"]}
    with pytest.raises(InputError, match="needs a student of the same arch"):
        small.execute(warm(student=other, seeds=[0]), given, tmp_path)


def test_students_are_float32_whatever_they_were_trained_in(tmp_path, inputs):
    mixed = {**TRAIN, "precision": "mixed_float16"}
    output = small.execute(
        distillation(train=mixed, seeds=[0]), inputs, tmp_path
    )
    model = model_files.load(output.uri)
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert {weight.dtype for weight in model.trainable_weights} == {"float32"}
    assert small.record(output)["train"]["precision"] == "mixed_float16"
