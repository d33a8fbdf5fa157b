import json

import keras
import numpy as np
import pytest

from tfkd.components.base import beam
from tfkd.data import records
from tfkd.errors import InputError
from tfkd.training import shard_logits


def a_model(bias):
    model = keras.Sequential(
        [keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    model.set_weights([np.arange(12.0).reshape(4, 3), np.full(3, bias)])
    return model


@pytest.fixture
def inputs(tmp_path):
    """A `Model` artifact of two seeds, and `Examples` in three shards."""
    uri = tmp_path / "model"
    for folder, bias in (("Format-Keras", 0.0), ("seed-5", 100.0)):
        (uri / folder).mkdir(parents=True)
        a_model(bias).save(uri / folder / "model.keras")
    (uri / "training.json").write_text(json.dumps({"model": {"name": "cnn"}}))
    images = np.arange(28, dtype=np.uint8).reshape(7, 2, 2, 1)
    examples = str(tmp_path / "examples")
    ids = [f"id{i}" for i in range(7)]
    split = records.write_split(examples, "test", ids, images, [0] * 7, 3)
    info = {
        "image_shape": [2, 2, 1],
        "image_dtype": "uint8",
        "num_classes": 3,
        "splits": {"test": split},
    }
    records.write_info(examples, info)
    return str(uri), examples, images


def compute(inputs, tmp_path, **options):
    uri, examples, _ = inputs
    return shard_logits.compute(
        examples,
        "test",
        [(uri, None), (uri, 5)],
        pipeline=beam.pipeline(),
        work_dir=str(tmp_path / "work"),
        **options,
    )


def test_each_model_answers_every_example_in_order(inputs, tmp_path):
    told = []
    progress = lambda *done: told.append(done)  # noqa: E731
    logits = compute(inputs, tmp_path, progress=progress)
    flat = inputs[2].reshape(7, 4).astype(np.float32)
    expected = flat @ np.arange(12, dtype=np.float32).reshape(4, 3)
    np.testing.assert_allclose(logits, [expected, expected + 100], rtol=1e-6)
    assert logits.dtype == np.float32
    assert {total for _, total in told} == {3}


def test_a_damaged_shard_is_an_input_error(inputs, tmp_path):
    path = records.shards(inputs[1], "test")[1][0]
    with open(path, "r+b") as file:
        file.truncate(20)
    with pytest.raises(InputError, match="corrupt or truncated at record 0"):
        compute(inputs, tmp_path)


def test_a_missing_model_is_an_input_error(inputs, tmp_path):
    with pytest.raises(InputError, match="must hold .*seed-6/model.keras"):
        shard_logits.compute(
            inputs[1],
            "test",
            [(inputs[0], 6)],
            pipeline=beam.pipeline(),
            work_dir=str(tmp_path),
        )


def test_a_worker_that_sees_another_model_refuses(inputs, tmp_path):
    task = {
        "models": [{"uri": inputs[0], "seed": None, "sha256": "another"}],
        "info": records.read_info(inputs[1]),
    }
    with pytest.raises(InputError, match="sees another file"):
        shard_logits.predict(task)


def test_a_changed_model_is_not_taken_from_an_earlier_run(inputs, tmp_path):
    before = compute(inputs, tmp_path / "before")
    a_model(7.0).save(f"{inputs[0]}/Format-Keras/model.keras")
    after = compute(inputs, tmp_path / "after")
    np.testing.assert_allclose(after[0], before[0] + 7, rtol=1e-6)
    np.testing.assert_array_equal(after[1], before[1])
