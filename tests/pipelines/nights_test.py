"""Three nights of a pipeline whose data grow, and one on which they do not."""

import contextlib
import io
import json
import pathlib
import sqlite3

import numpy as np
import pytest
import tensorflow as tf

from tfkd.pipelines import run


def write_night(root, span, noise, count=300):
    """Images whose bright row is their class, in folders of a class."""
    random = np.random.default_rng(span)
    for number in range(count):
        image = random.integers(0, noise, (8, 8, 1))
        label = number % 3
        image[2 * label + 1] += 255 - noise
        folder = root / f"span-{span}" / "abc"[label]
        folder.mkdir(parents=True, exist_ok=True)
        data = tf.io.encode_png(image.astype("uint8")).numpy()
        (folder / f"{number}.png").write_bytes(data)


def night(tmp_path, *more):
    """Runs the pipeline; returns what it printed of each component."""
    arguments = [
        "--config=configs/custom_images.py:quick",
        f"--pipeline_root={tmp_path / 'root'}",
        "--quiet",
        "--explain_cache",
        f"--config.data.path={tmp_path / 'data'}/span-{{SPAN}}",
        "--config.data.image_size=(8, 8)",
        "--config.data.channels=1",
        "--config.teacher.model.name=cnn",
        "--config.teacher.model.arguments.filters=(8,)",
        "--config.teacher.model.arguments.strides=(1,)",
        "--config.teacher.train.epochs=2",
        "--config.student.name=cnn",
        "--config.student.arguments.filters=(4,)",
        "--config.student.arguments.strides=(1,)",
        "--config.distillation.train.epochs=2",
        "--config.distillation.warm_start",
        "--config.baseline=latest_blessed",
        "--config.compression.calibration_examples=30",
        "--config.evaluation.thresholds.min_gain_over_control=-1",
        "--config.evaluation.thresholds.max_accuracy_drop=1",
        *more,
    ]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert run.main(["run", *arguments]) == 0
    lines = printed.getvalue().splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line)


def newest(root, node, key, file):
    folders = (root / node / key).iterdir()
    folder = max(folders, key=lambda path: int(path.name))
    return json.loads((folder / file).read_text())


def processed(root):
    with contextlib.closing(sqlite3.connect(root / "metadata.sqlite")) as store:
        rows = store.execute(
            "SELECT string_value FROM ArtifactProperty "
            "WHERE name = 'processed_spans' ORDER BY artifact_id"
        )
        return [json.loads(row[0]) for row in rows]


@pytest.mark.slow
def test_each_night_processes_what_is_new_and_pushes_what_is_better(tmp_path):
    root, better = tmp_path / "root", "min_gain_over_baseline"
    bound = f"--config.evaluation.thresholds.{better}="
    models = []
    for span in (1, 2):
        write_night(tmp_path / "data", span, noise=128)
        # No night but the first, which has no baseline, can gain 100 points.
        told = night(tmp_path, f"{bound}1.0")
        assert told["Distillation"].startswith("executed")
        record = newest(root, "Distillation", "model", "training.json")
        models.append(record["model_hash"])
        assert record["base_model_hash"] == (models[-2] if span > 1 else None)
        pushed = newest(root, "Pusher", "pushed", "pushed.json")
        assert pushed["pushed"] == (span == 1)
    assert better in pushed["reason"]
    # The same data again: the same answers, and nothing to do.
    told = night(tmp_path, f"{bound}1.0")
    assert {line.partition(",")[0] for line in told.values()} >= {"cached"}
    assert not any(line.startswith("executed") for line in told.values())
    write_night(tmp_path / "data", 3, noise=128)
    told = night(tmp_path, f"{bound}-1.0")
    assert processed(root) == [[1], [2], [3]]
    record = newest(root, "Distillation", "model", "training.json")
    assert record["base_model_hash"] == models[-1]
    control = newest(root, "Control", "model", "training.json")
    assert control["base_model_hash"] not in (None, models[-1])
    assert newest(root, "Pusher", "pushed", "pushed.json")["pushed"]
    versions = sorted(path.name for path in (root / "serving").iterdir())
    assert versions == ["1", "2"]
    # Compared with the one that was blessed on the first night.
    evaluation = newest(root, "Evaluator", "evaluation", "metrics.json")
    assert evaluation["baseline"]["accuracy"] > 0
    with contextlib.closing(sqlite3.connect(root / "metadata.sqlite")) as store:
        ((uri,),) = store.execute(
            "SELECT string_value FROM ArtifactProperty WHERE "
            "name = 'baseline_model' ORDER BY artifact_id DESC LIMIT 1"
        )
    first = min((root / "TFLiteExporter" / "tflite").iterdir())
    assert pathlib.Path(uri).name == first.name
