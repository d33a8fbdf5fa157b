import json

import pytest

from tfkd.data import shards
from tfkd.training import inference


@pytest.fixture
def task(tmp_path, monkeypatch):
    """A shard whose prediction is a file of two bytes; `calls` counts."""
    calls = []
    target = tmp_path / "shard"

    def predict(task):
        calls.append(task)
        target.write_bytes(b"ok")
        return {"sha256": shards.file_sha256(target), "records_in": 1}

    monkeypatch.setattr(inference, "_predict", predict)
    source = tmp_path / "source"
    source.write_bytes(b"examples")
    task = dict.fromkeys(inference._MADE_OF, 1)
    return {
        **task,
        "source": str(source),
        "target": str(target),
        "calls": calls,
    }


def test_a_finished_shard_is_not_computed_again(task):
    first = inference.predict_shard(task)
    assert inference.predict_shard(task) == first
    assert len(task["calls"]) == 1


def test_another_teacher_or_other_examples_are_another_task(task, tmp_path):
    inference.predict_shard(task)
    inference.predict_shard({**task, "model_hash": 2})
    assert len(task["calls"]) == 2
    (tmp_path / "source").write_bytes(b"others")
    inference.predict_shard({**task, "model_hash": 2})
    assert len(task["calls"]) == 3


@pytest.mark.parametrize("damage", ["shard", "shard.json", "no report"])
def test_what_is_not_whole_is_computed_again(task, tmp_path, damage):
    first = inference.predict_shard(task)
    if damage == "no report":
        (tmp_path / "shard.json").unlink()
    else:
        (tmp_path / damage).write_bytes(b"o")
    assert inference.predict_shard(task) == first
    assert len(task["calls"]) == 2
    assert json.loads((tmp_path / "shard.json").read_text()) == first
