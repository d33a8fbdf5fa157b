import types

import numpy as np
import pytest

from tests.components import training_artifacts as small
from tests.data import written_predictions
from tfkd.compression import student_data
from tfkd.data import records
from tfkd.errors import InputError
from tfkd.training import model_files
from tfkd.training.order import choose_labelled

STUDENT = {"selected_seed": 3, "num_labels": 9, "subset": [0.0, 0.5]}


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    return small.write_examples(tmp_path_factory.mktemp("examples")).uri


def test_calibration_sees_training_images_only(examples):
    ids, images, _ = records.load_arrays(examples, "train")
    data = student_data.to_calibrate(examples, 10**6)
    assert sorted(data.example_ids) == sorted(ids)
    assert data.value_range == (0, 16)
    assert data.training is None


def test_hidden_labels_stay_hidden(examples):
    data = student_data.to_calibrate(examples, 10)
    data = student_data.to_train(data, examples, STUDENT)
    ids, images, labels = records.load_arrays(examples, "train")
    inside = np.asarray(records.fraction_of(ids)) < 0.5
    chosen = choose_labelled(ids[inside], labels[inside], 9, 3)
    np.testing.assert_array_equal(
        data.training.labels, np.where(chosen, labels[inside], -1)
    )
    np.testing.assert_array_equal(data.training.images, images[inside])
    assert data.training.teacher_logits is None
    assert len(data.images) == 10


@pytest.fixture
def cached(examples, tmp_path, monkeypatch):
    """Stored answers: the number of the example, in another order."""
    ids, images, _ = records.load_arrays(examples, "train")
    logits = [[int(i.rpartition("-")[2]), 0, 0] for i in ids]
    written_predictions.write(
        tmp_path,
        ids[::-1],
        images[::-1],
        np.array(logits, np.float32)[::-1],
        teacher_hash="t" * 64,
    )
    record = {"model_hash": "t" * 64}
    monkeypatch.setattr(model_files, "read_record", lambda uri: record)
    return types.SimpleNamespace(uri=str(tmp_path), record=record)


def test_stored_answers_are_put_in_the_examples_order(examples, cached):
    data = student_data.to_calibrate(examples, 10)
    data = student_data.to_train(
        data, examples, STUDENT, teacher="t", cached=cached.uri
    )
    ids, _, _ = records.load_arrays(examples, "train")
    inside = np.asarray(records.fraction_of(ids)) < 0.5
    numbers = [int(name.rpartition("-")[2]) for name in ids[inside]]
    np.testing.assert_array_equal(data.training.teacher_logits[:, 0], numbers)


def test_answers_of_another_teacher_are_refused(examples, cached):
    cached.record["model_hash"] = "u" * 64
    data = student_data.to_calibrate(examples, 10)
    with pytest.raises(InputError, match="made by tttttttttttt"):
        student_data.to_train(
            data, examples, STUDENT, teacher="t", cached=cached.uri
        )


def test_the_teacher_answers_where_its_views_are_of_other_pixels(
    examples, tmp_path, monkeypatch
):
    ids, images, _ = records.load_arrays(examples, "train")
    policy = {"views": 1, "shift": 1, "horizontal_flip": False, "seed": 0}
    stored = written_predictions.write(
        *(tmp_path, ids, images, np.zeros((len(ids), 3), np.float32)),
        policy=policy,
    )
    monkeypatch.setattr(model_files, "load", lambda uri: uri)
    monkeypatch.setattr(
        student_data, "Predictor", lambda model, shape: lambda images: images
    )
    data = student_data.to_calibrate(examples, 10)
    data = student_data.to_train(
        data, examples, STUDENT, teacher="t", cached=stored
    )
    np.testing.assert_array_equal(
        data.training.teacher_logits, data.training.images
    )
