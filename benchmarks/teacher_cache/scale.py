"""The component itself on 120,000 and on 1.2 million synthetic examples."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import keras
import numpy as np

from tfkd.components.base import artifacts
from tfkd.components.base.executor import ExecutorContext
from tfkd.components.base.spec import Channel
from tfkd.components.teacher_predictions.component import TeacherPredictions
from tfkd.data import predictions
from tfkd.data import records
from tfkd.data import splits
from tfkd.export import process_memory
from tfkd.training import model_files

ROOT = pathlib.Path(__file__).parents[2]
DENSE = {"float32": {}, "float16": {"dtype": "float16"}}
FORMATS = {
    "top 10": {"format": "top_k", "k": 10, "dtype": "float16"},
    **DENSE,
}
SIZES = (120_000, 1_200_000)
SHAPE, CLASSES, SHARDS = (4, 4, 1), 1000, 8


def write_examples(folder, count):
    """Writes synthetic examples: random pixels in eight shards."""
    rng = np.random.default_rng(0)
    shards = []
    for number, rows in enumerate(np.array_split(np.arange(count), SHARDS)):
        pixels = rng.integers(0, 256, (len(rows), *SHAPE), np.uint8)
        path = records.shard_path(str(folder), "train", number, SHARDS)
        ids = _ids_of(rows)
        examples = (
            records.to_example(ids[i], pixels[i], row % CLASSES)
            for i, row in enumerate(rows)
        )
        records.write_shard(path, examples)
        shards.append({"file": path.rpartition("/")[2]})
        shards[-1]["num_examples"] = len(rows)
    records.write_info(
        str(folder),
        {
            "image_shape": list(SHAPE),
            "image_dtype": "uint8",
            "value_range": [0, 255],
            "num_classes": CLASSES,
            "splits": {"train": {"num_examples": count, "shards": shards}},
        },
    )


def _ids_of(rows):

    return [splits.example_id("synthetic", str(row)) for row in rows]


def write_teacher(folder):
    """Writes a teacher that costs little: what is measured is the cache."""
    keras.utils.set_random_seed(0)
    image = keras.Input(SHAPE)
    x = keras.layers.Rescaling(1 / 64, -2.0)(image)
    x = keras.layers.Flatten()(x)
    model = keras.Model(image, keras.layers.Dense(CLASSES, name="logits")(x))
    rng = np.random.default_rng(0)
    model.set_weights(
        [rng.normal(0, 0.7, w.shape) for w in model.get_weights()]
    )
    model_files.save(model, str(folder / model_files.SELECTED))
    record = {"model": {}, "model_hash": model_files.model_hash(model)}
    model_files.write_record(str(folder), record)


def store(examples, teacher, output, settings):
    """Runs the component; returns seconds, bytes and memory of this process."""
    component = TeacherPredictions(
        examples=Channel(artifacts.Examples),
        teacher=Channel(artifacts.Model),
        format=settings,
    )
    # Beam, TensorFlow and their imports are there before the first record.
    executor = component.executor_class()
    context = ExecutorContext(tmp_dir=f"{output}.tmp", stateful_dir=output)
    executor(context).make_beam_pipeline()
    before = _peak()
    os.makedirs(f"{output}/artifact")
    started = time.monotonic()
    executor(context).Do(
        {
            "examples": [artifacts.Examples(examples)],
            "teacher": [artifacts.Model(teacher)],
        },
        {"predictions": [artifacts.TeacherPredictions(f"{output}/artifact")]},
        component.exec_properties,
    )
    seconds = time.monotonic() - started
    return {"seconds": seconds, "before": before, "peak": _peak()}


def read(examples, output, passes=1):
    """Returns seconds to stream a stored split with its examples."""
    batches = predictions.dataset(
        f"{output}/artifact", "train", examples, batch_size=256
    )
    before, started, seen = _peak(), time.monotonic(), 0
    for _ in range(passes):
        for _, y in batches:
            seen += len(y)
    seconds = time.monotonic() - started
    return {"seconds": seconds / passes, "before": before, "peak": _peak()}


def _peak():
    return process_memory.peak() / 2**20


def child(arguments):
    """Runs one measurement in a fresh process."""
    name = "benchmarks.teacher_cache.scale"
    done = subprocess.run(
        [sys.executable, "-m", name, json.dumps(arguments)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def measure(arguments):
    """What the fresh process does."""
    kind = arguments.pop("kind")
    if kind == "store":
        return store(**arguments)
    return read(**arguments)


def measured(work, done):
    """Yields what is not done: a name, and a dict for JSON.

    Args:
        work: Folder for temporary files.
        done: Names that are skipped.
    """
    teacher = work / "teacher"
    write_teacher(teacher)
    for count in SIZES:
        examples = work / f"examples-{count}"
        if not (examples / "dataset.json").exists():
            write_examples(examples, count)
        for label, settings in FORMATS.items():
            key = f"scale/{count}/{label}"
            if key not in done:
                yield key, _measured(examples, teacher, work, settings)


def _measured(examples, teacher, work, settings):
    output = work / "output"
    shutil.rmtree(output, ignore_errors=True)
    common = {"examples": str(examples), "output": str(output)}
    written = {"teacher": str(teacher), "settings": settings, **common}
    found = {
        "load": os.getloadavg()[0],
        "store": child({"kind": "store", **written}),
        "bytes": sum(
            path.stat().st_size for path in (output / "artifact").rglob("*")
        ),
        "read": child({"kind": "read", **common}),
    }
    shutil.rmtree(output)
    return found


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
